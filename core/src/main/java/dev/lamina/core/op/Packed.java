package dev.lamina.core.op;

import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Several results of one op in one tensor with one axis: parts in row-major order, each beginning at a multiple of {@value #ALIGNMENT}
 * elements. What lies between them is undefined.
 *
 * @param shapes shapes of the parts
 */
public record Packed(List<Shape> shapes) {
    private static final int ALIGNMENT = 16;

    /** Position of the first element of a part; for the number of parts: the size of all. */
    public int start(int part) {
        long at = 0;
        for (Shape shape : shapes.subList(0, part)) {
            at += (shape.size() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }
        return Math.toIntExact(at);
    }

    /** The shape of the packed tensor. */
    public Shape shape() {
        return Shape.of(start(shapes.size()));
    }

    /** One of the parts; no copy. Sees through the sums of paddings that gradients of parts are. */
    public Tensor part(Tensor packed, int index) {
        Shape shape = shapes.get(index);
        int start = start(index);
        int size = Math.toIntExact(shape.size());
        return range(packed, start, size).reshape(shape);
    }

    private static Tensor range(Tensor packed, int start, int size) {
        Node node = packed.node();
        if (node.op() instanceof Leaf.Constant constant) {
            return Tensor.full(node.dtype(), constant.value(), Shape.of(size));
        }
        if (node.op() == Elementwise.ADD) {
            Tensor a = range(Tensor.of(node.input(0)), start, size);
            Tensor b = range(Tensor.of(node.input(1)), start, size);
            return isZero(a) ? b : isZero(b) ? a : a.add(b);
        }
        if (node.op() instanceof View.Pad pad && pad.value() == 0) {
            int before = pad.before().get(0);
            int inner = node.input(0).shape().dim(0);
            if (start == before && size == inner) {
                return Tensor.of(node.input(0));
            }
            if (start + size <= before || before + inner <= start) {
                return Tensor.zeros(node.dtype(), Shape.of(size));
            }
        }
        return packed.sliced(new View.Slice(List.of(start), List.of(1)), Shape.of(size));
    }

    /** Whether a tensor is known to be 0 everywhere, as the gradient of a part that nobody reads. */
    public static boolean isZero(Tensor tensor) {
        return tensor.node().op() instanceof Leaf.Constant constant && constant.value() == 0;
    }

    /** The parts packed; fills between them with zeros. */
    public Tensor of(List<Tensor> parts) {
        List<Tensor> pieces = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            int size = Math.toIntExact(parts.get(i).size());
            Tensor flat = parts.get(i).reshape(Shape.of(size));
            Shape room = Shape.of(start(i + 1) - start(i));
            View.Pad behind = new View.Pad(List.of(0), List.of(room.dim(0) - size), List.of(0), 0);
            pieces.add(flat.padded(behind, room));
        }
        return Tensor.concat(0, pieces);
    }
}
