package dev.lamina.bench.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.lamina.bench.Peers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** ONNX Runtime on its own CPU kernels, with all optimizations of the graph. The model is written here. */
public final class OnnxRuntime implements Peers {
    /** For the service loader. */
    public OnnxRuntime() {}

    @Override
    public String library() {
        return "ONNX Runtime";
    }

    @Override
    public Optional<Rival> vision(Vision vision) {
        if (vision.net() != Vision.Net.RESNET18 || vision.use() != Vision.Use.FORWARD || vision.bf16()) {
            return Optional.empty();
        }
        try {
            return Optional.of(rival(vision));
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime", e);
        }
    }

    private static Rival rival(Vision vision) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(Integer.getInteger("lamina.threads", 1));
        options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
        OrtSession session = environment.createSession(resnet18(vision), options);
        int[] shape = vision.images().shape();
        FloatBuffer images = ByteBuffer.allocateDirect(4 * vision.images().numbers().length)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        images.put(channelsFirst(shape, vision.images().numbers())).flip();
        OnnxTensor input = OnnxTensor.createTensor(environment, images, first(shape));
        float[][] logits = new float[1][];
        Runnable run = () -> {
            try (OrtSession.Result result = session.run(Map.of("images", input))) {
                logits[0] = ((OnnxTensor) result.get(0)).getFloatBuffer().array();
            } catch (OrtException e) {
                throw new IllegalStateException("ONNX Runtime", e);
            }
        };
        return new Rival("ONNX Runtime " + environment.getVersion() + " f32", run, () -> logits[0]);
    }

    private static long[] first(int[] shape) {
        return new long[] {shape[0], shape[3], shape[1], shape[2]};
    }

    private static float[] channelsFirst(int[] shape, float[] numbers) {
        int pixels = shape[1] * shape[2];
        int channels = shape[3];
        float[] result = new float[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            int image = i / (pixels * channels);
            int pixel = i / channels % pixels;
            result[(image * channels + i % channels) * pixels + pixel] = numbers[i];
        }
        return result;
    }

    private static byte[] resnet18(Vision vision) {
        Onnx model = new Onnx();
        List<Values> p = vision.parameters();
        String x = model.node("Relu", List.of(convolution(model, p, 0, "images", 2)));
        x = model.node(
                "MaxPool",
                List.of(x),
                Onnx.ints("kernel_shape", 3, 3),
                Onnx.ints("strides", 2, 2),
                Onnx.ints("pads", 1, 1, 1, 1));
        int i = 1;
        for (int block = 0; block < 8; block++) {
            boolean halves = block > 0 && block % 2 == 0;
            String y = model.node("Relu", List.of(convolution(model, p, i, x, halves ? 2 : 1)));
            y = convolution(model, p, i + 1, y, 1);
            i += 2;
            if (halves) {
                x = convolution(model, p, i++, x, 2);
            }
            x = model.node("Relu", List.of(model.node("Add", List.of(y, x))));
        }
        String pooled = model.node("Flatten", List.of(model.node("GlobalAveragePool", List.of(x))));
        Values kernel = p.get(2 * i);
        Values bias = p.get(2 * i + 1);
        String logits = model.node("Gemm", List.of(pooled, model.constant(kernel), model.constant(bias)));
        long[] out = {vision.images().shape()[0], bias.shape()[0]};
        return model.model("images", first(vision.images().shape()), logits, out);
    }

    private static String convolution(Onnx model, List<Values> p, int i, String x, int stride) {
        Values kernel = p.get(2 * i);
        int size = kernel.shape()[0];
        int pad = size / 2;
        return model.node(
                "Conv",
                List.of(x, model.constant(kernel), model.constant(p.get(2 * i + 1))),
                Onnx.ints("kernel_shape", size, size),
                Onnx.ints("strides", stride, stride),
                Onnx.ints("pads", pad, pad, pad, pad));
    }
}
