package dev.lamina.core.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.Gradients;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Several tensors in one. */
class PackedTest {
    private final Packed packed = new Packed(List.of(Shape.of(2, 3), Shape.of(), Shape.of(17), Shape.of(0, 2)));

    @Test
    void partsBeginAtMultiplesOf16() {
        assertEquals(0, packed.start(0));
        assertEquals(16, packed.start(1));
        assertEquals(32, packed.start(2));
        assertEquals(64, packed.start(3));
        assertEquals(Shape.of(64), packed.shape());
    }

    @Test
    void partsComeOutAsTheyWentIn() {
        List<Tensor> parts = List.of(
                Tensor.arange(DType.F32, 6).reshape(2, 3),
                Tensor.scalar(7f),
                Tensor.arange(DType.F32, 17),
                Tensor.zeros(DType.F32, Shape.of(0, 2)));
        Tensor all = packed.of(parts).evaluate();
        assertEquals(packed.shape(), all.shape());
        for (int i = 0; i < parts.size(); i++) {
            assertEquals(parts.get(i).shape(), packed.part(all, i).shape());
            assertArrayEquals(parts.get(i).toFloatArray(), packed.part(all, i).toFloatArray());
        }
    }

    /** An op with parts gets the sum of what the gradients of the parts are, and takes it apart again without a trace of packing. */
    @Test
    void gradientsOfPartsAreTheParts() {
        Tensor all = Tensor.input(DType.F32, packed.shape());
        Tensor a = Tensor.input(DType.F32, Shape.of(6));
        Tensor b = Tensor.input(DType.F32, Shape.of());
        Tensor loss = packed.part(all, 0)
                .mul(a.reshape(2, 3))
                .sum()
                .add(packed.part(all, 1).mul(b));
        Tensor upstream = Gradients.of(loss, List.of(all)).get(0);
        assertTrue(Packed.isZero(packed.part(upstream, 2)));
        List<Node> nodes = Nodes.order(List.of(
                packed.part(upstream, 0).node(), packed.part(upstream, 1).node()));
        assertTrue(nodes.stream().noneMatch(node -> node.op() instanceof View.Pad || node.op() == Elementwise.ADD));
        assertSame(
                b.node(),
                nodes.stream().filter(node -> node == b.node()).findFirst().orElseThrow());
    }
}
