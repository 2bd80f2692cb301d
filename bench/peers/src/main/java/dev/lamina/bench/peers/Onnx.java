package dev.lamina.bench.peers;

import dev.lamina.bench.Peers.Values;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes a model in ONNX's format (a protocol buffer, see onnx.proto), as much of it as the rows need. */
final class Onnx {
    private static final int FLOAT = 1;
    private static final int ATTRIBUTE_INTS = 7;

    private final Message graph = new Message();
    private int values;

    /** One message of the protocol buffer. */
    static final class Message {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        private void varint(long value) {
            long rest = value;
            while ((rest & ~0x7FL) != 0) {
                bytes.write((int) (rest & 0x7F | 0x80));
                rest >>>= 7;
            }
            bytes.write((int) rest);
        }

        Message number(int field, long value) {
            varint(field << 3);
            varint(value);
            return this;
        }

        Message data(int field, byte[] data) {
            varint(field << 3 | 2);
            varint(data.length);
            bytes.writeBytes(data);
            return this;
        }

        Message text(int field, String text) {
            return data(field, text.getBytes(StandardCharsets.UTF_8));
        }

        Message message(int field, Message inner) {
            return data(field, inner.bytes.toByteArray());
        }
    }

    /** Adds an operation; returns the name of its result. */
    String node(String type, List<String> inputs, Message... attributes) {
        String output = "v" + values++;
        Message node = new Message();
        inputs.forEach(input -> node.text(1, input));
        node.text(2, output).text(4, type);
        for (Message attribute : attributes) {
            node.message(5, attribute);
        }
        graph.message(1, node);
        return output;
    }

    /** An attribute of whole numbers. */
    static Message ints(String name, long... numbers) {
        Message attribute = new Message().text(1, name);
        for (long number : numbers) {
            attribute.number(8, number);
        }
        return attribute.number(20, ATTRIBUTE_INTS);
    }

    /** Adds a constant; a kernel (H, W, in, out) becomes (out, in, H, W). */
    String constant(Values values) {
        int[] shape = values.shape();
        float[] numbers = values.numbers();
        if (shape.length == 4) {
            numbers = outputFirst(shape, numbers);
            shape = new int[] {shape[3], shape[2], shape[0], shape[1]};
        }
        String name = "c" + this.values++;
        Message tensor = new Message();
        for (int dim : shape) {
            tensor.number(1, dim);
        }
        ByteBuffer raw = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        raw.asFloatBuffer().put(numbers);
        graph.message(5, tensor.number(2, FLOAT).text(8, name).data(9, raw.array()));
        return name;
    }

    private static float[] outputFirst(int[] shape, float[] numbers) {
        int taps = shape[0] * shape[1];
        int in = shape[2];
        int out = shape[3];
        float[] result = new float[numbers.length];
        for (int t = 0; t < taps; t++) {
            for (int i = 0; i < in; i++) {
                for (int o = 0; o < out; o++) {
                    result[(o * in + i) * taps + t] = numbers[(t * in + i) * out + o];
                }
            }
        }
        return result;
    }

    /** The model's file, with an input and an output. */
    byte[] model(String input, long[] inputShape, String output, long[] outputShape) {
        graph.text(2, "network").message(11, value(input, inputShape)).message(12, value(output, outputShape));
        Message opset = new Message().text(1, "").number(2, 17);
        Message model = new Message().number(1, 8).message(8, opset).message(7, graph);
        return model.bytes.toByteArray();
    }

    private static Message value(String name, long[] shape) {
        Message dims = new Message();
        for (long dim : shape) {
            dims.message(1, new Message().number(1, dim));
        }
        Message type = new Message().message(1, new Message().number(1, FLOAT).message(2, dims));
        return new Message().text(1, name).message(2, type);
    }
}
