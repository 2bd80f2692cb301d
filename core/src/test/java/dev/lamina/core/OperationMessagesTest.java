package dev.lamina.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What the operations say about wrong shapes and indices. */
class OperationMessagesTest {
    private static final Tensor X = Tensor.zeros(2, 3);

    @Test
    void messagesNameOperationShapesAndRemedy() {
        Map<String, Executable> wrong = new LinkedHashMap<>();
        wrong.put("matmul: ", () -> X.matmul(Tensor.ones(2, 3)));
        wrong.put("dot: ", () -> X.dot(X));
        wrong.put("outer: ", () -> X.outer(X));
        wrong.put("einsum: ", () -> Tensor.einsum("ij,jk->ik", X, X));
        wrong.put("reshape: ", () -> X.reshape(-1, 4));
        wrong.put("flatten: ", () -> X.flatten(1, 0));
        wrong.put("unsqueeze: ", () -> X.unsqueeze(4));
        wrong.put("narrow: ", () -> X.narrow(1, 2, 2));
        wrong.put("split: ", () -> X.split(1, 2, 2));
        wrong.put("pad: ", () -> X.pad(new int[] {0, 3}, new int[] {0, 0}, PadMode.REFLECT));
        wrong.put("repeat: ", () -> X.repeat(2));
        wrong.put("stack: ", () -> Tensor.stack(0, X, Tensor.ones(2)));
        wrong.put("slice: ", () -> X.slice(Index.at(0), Index.at(3)));
        wrong.put("gather: ", () -> X.gather(0, Tensor.arange(2)));
        wrong.put("scatterAdd: ", () -> X.scatterAdd(0, Tensor.arange(2).reshape(1, 2), Tensor.ones(1, 1)));
        wrong.put("indexSelect: ", () -> X.indexSelect(0, Tensor.scalar(1L)));
        wrong.put("index: ", () -> X.index());
        wrong.put("topK: ", () -> X.topK(4, 1, true));
        wrong.put("glu: ", () -> X.glu(1));
        wrong.put("tril: ", () -> Tensor.ones(2).tril());
        wrong.put("clamp: ", () -> X.clamp(2, 1));
        wrong.forEach((start, call) -> {
            String message = assertThrows(LaminaException.class, call, start).getMessage();
            assertTrue(message.startsWith(start + "expected "), message);
            assertTrue(
                    message.contains(", got ")
                            && message.contains("; ")
                            && message.lines().count() == 1,
                    message);
        });
    }

    @Test
    void einsumSaysWhichLetterIsWrong() {
        String message = assertThrows(ShapeException.class, () -> Tensor.einsum("ij,ij->i", X, Tensor.ones(2, 4)))
                .getMessage();
        assertEquals(
                "einsum: expected one extent for each letter, got 3 and 4 for 'j'"
                        + ", got \"ij,ij->i\" with [(2, 3), (2, 4)];"
                        + " one group of letters for each operand, separated by commas",
                message);
    }

    @Test
    void anIndexBeyondItsAxisNeverReadsAnotherRow() {
        Tensor index = Tensor.of(new long[] {3, 0}, 2, 1);
        String message = assertThrows(
                        LaminaException.class, () -> X.gather(1, index).evaluate())
                .getMessage();
        assertTrue(message.contains("expected an index from 0 to 2, got 3 at position 0"), message);
        assertThrows(
                LaminaException.class,
                () -> X.scatter(1, index, Tensor.ones(2, 1)).evaluate());
        assertThrows(
                LaminaException.class,
                () -> X.index(Tensor.scalar(0L), Tensor.scalar(3L)).evaluate());
        assertThrows(LaminaException.class, () -> X.take(Tensor.scalar(-1L)).evaluate());
    }
}
