package dev.lamina.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What users read when they are wrong: what was expected, what came, what to do. One line each, word for word. */
class ErrorMessageTest {
    private static final Tensor MATRIX = Tensor.zeros(2, 3);
    private static final Tensor VECTOR = Tensor.zeros(2);

    static Stream<Arguments> mistakes() {
        return Stream.of(products(), shapes(), parts(), indices(), dtypes(), values())
                .flatMap(group -> group);
    }

    private static Stream<Arguments> products() {
        return Stream.of(
                of(
                        () -> MATRIX.add(Tensor.zeros(4)),
                        "broadcast: expected shapes whose extents are equal or 1 from the last axis on, got (2, 3) and (4,): "
                                + "3 against 4 on axis -1; reshape or unsqueeze one of them"),
                of(
                        () -> MATRIX.matmul(Tensor.zeros(4, 5)),
                        "matmul: expected (..., M, K) and (..., K, N), got f32 (2, 3) and f32 (4, 5); "
                                + "the last axis of the first must equal the last but one of the second"),
                of(
                        () -> Tensor.zeros(2, 2, 3).matmul(Tensor.zeros(3, 3, 5)),
                        "matmul: expected batch axes that can be broadcast, got (2, 2, 3) and (3, 3, 5); "
                                + "all axes but the last two are batch axes"),
                of(
                        () -> VECTOR.dot(Tensor.zeros(3)),
                        "dot: expected two vectors (K,), got (2,) and (3,); use matmul for matrices"),
                of(
                        () -> Tensor.einsum("ij->ik", MATRIX),
                        "einsum: expected letters of the operands, each once, after the arrow, got \"ij->ik\" with [(2, 3)]; "
                                + "one group of letters for each operand, separated by commas"));
    }

    private static Stream<Arguments> shapes() {
        return Stream.of(
                of(
                        () -> MATRIX.reshape(4, 2),
                        "reshape: expected a shape of 6 elements for (2, 3), got (4, 2) of 8; "
                                + "one extent may be -1 and is then computed"),
                of(
                        () -> MATRIX.reshape(4, -1),
                        "reshape: expected extents that divide the 6 elements of (2, 3), got [4, -1]; "
                                + "check the extents beside the -1"),
                of(
                        () -> MATRIX.reshape(-1, -1),
                        "reshape: expected at most one -1, got [-1, -1] for (2, 3); give the other extents"),
                of(
                        () -> MATRIX.permute(0, 0),
                        "permute: expected each of the 2 axes of (2, 3) once, got [0, 0]; give 0 to 1 in another order"),
                of(() -> VECTOR.transpose(), "transpose: expected at least two axes, got (2,); unsqueeze it first"),
                of(
                        () -> MATRIX.unsqueeze(5),
                        "unsqueeze: expected an axis from -3 to 2 for (2, 3), got 5; 0 is in front, -1 at the end"),
                of(
                        () -> MATRIX.sum(2),
                        "axis: expected a number from -2 to 1 for shape (2, 3), got 2; "
                                + "axes count from 0, negative ones from the end"),
                of(() -> Tensor.scalar(1).sum(0), "axis: expected no axis for a scalar, got 0; unsqueeze it first"),
                of(() -> MATRIX.sum(0, -2), "sum: expected each axis once, got [0, 0]; leave out the second"),
                of(
                        () -> Tensor.zeros(0, 3).max(0),
                        "max: expected at least one element along axis 0, got (0, 3); an empty axis has no max"));
    }

    private static Stream<Arguments> parts() {
        return Stream.of(
                of(
                        () -> MATRIX.slice(Index.at(2)),
                        "slice: expected a position from -2 to 1 on axis 0 of (2, 3), got 2; positions start at 0"),
                of(
                        () -> VECTOR.slice(Index.at(0), Index.at(0)),
                        "slice: expected at most 1 indices and one ellipsis for (2,), got [0, 0]; give one index for each axis"),
                of(
                        () -> VECTOR.narrow(0, 1, 2),
                        "narrow: expected positions inside axis 0 of (2,), got 2 from 1; the axis has 2"),
                of(
                        () -> Tensor.concat(0, MATRIX, Tensor.zeros(2, 4)),
                        "concat: expected tensors like f32 (2, 3) except on axis 0, got f32 (2, 4); "
                                + "pad or slice it, or choose another axis"),
                of(
                        () -> Tensor.stack(0, MATRIX, VECTOR),
                        "stack: expected tensors of one shape, got (2, 3) and (2,); use concat, or pad them"),
                of(
                        () -> MATRIX.split(1, 1, 1),
                        "split: expected sizes whose sum is the extent of axis 1 of (2, 3), got [1, 1]; "
                                + "use slice to take some of them"));
    }

    private static Stream<Arguments> indices() {
        return Stream.of(
                of(
                        () -> MATRIX.topK(4, 1, true),
                        "topK: expected k from 0 to the extent of axis 1 of (2, 3), got 4; take a smaller k"),
                of(
                        () -> MATRIX.gather(1, Tensor.arange(2)),
                        "gather: expected an index with the axes of (2, 3), not larger on any but axis 1, got (2,); "
                                + "unsqueeze or narrow it"),
                of(() -> MATRIX.take(VECTOR), "take: expected an index of integers, got f32; cast it to i64"),
                of(
                        () -> Tensor.zeros(4, 3)
                                .take(Tensor.of(new long[] {0, 4}))
                                .toFloatArray(),
                        "gather: expected an index from 0 to 3, got 4 at position 1; "
                                + "check labels and token ids against the number of classes or embeddings"));
    }

    private static Stream<Arguments> dtypes() {
        return Stream.of(
                of(
                        () -> Tensor.where(VECTOR, VECTOR, VECTOR),
                        "where: expected a bool condition, got f32; compare first, for instance x.ne(0)"),
                of(
                        () -> Tensor.of(new boolean[] {true}).neg(),
                        "neg: expected numbers, got bool; use logicalNot or cast to i64"),
                of(
                        () -> Tensor.of(new byte[] {1}).add(1000),
                        "add: expected a number that i8 can hold, got 1000.0; cast the tensor to a wider dtype first"));
    }

    private static Stream<Arguments> values() {
        return Stream.of(
                of(
                        () -> MATRIX.item(),
                        "item: expected a tensor of one element, got (2, 3); "
                                + "reduce it (mean(), sum()) or slice one element out"),
                of(
                        () -> Tensor.of(new float[3], 2, 2),
                        "Tensor.of: expected 4 values for shape (2, 2), got 3; give as many values as the shape has elements"),
                of(
                        () -> Tensor.of(new long[] {1, 1L << 40}).toIntArray(),
                        "toIntArray: expected numbers that an int can hold, got 1099511627776 at position 1; use toLongArray"),
                of(
                        () -> Shape.of(2, -1),
                        "shape: expected extents of 0 or more, got (2, -1); use -1 only in reshape and expand"),
                of(
                        () -> Gradients.of(VECTOR, List.of(VECTOR)),
                        "gradients: expected a loss of one element, got (2,); reduce it first, for instance with mean()"),
                of(
                        () -> Gradients.of(Tensor.scalar(1), Tensor.scalar(1), List.of(VECTOR)),
                        "gradients: expected a result of a float type, got i32; cast before the loss"),
                of(
                        () -> assigned("w", MATRIX),
                        "variable 'w': expected f32 (2,), got f32 (2, 3); a variable keeps its shape and dtype"),
                of(
                        () -> stale(),
                        "evaluate: expected the current value of variable 'w' (version 1), got a tensor built from version 0; "
                                + "evaluate it before the variable is assigned, for instance loss.evaluate() before optimizer.step"),
                of(
                        () -> Tensor.input(DType.F32, Shape.of(2)).add(1).toFloatArray(),
                        "evaluate: expected tensors with values, got a placeholder f32 (2,); "
                                + "placeholders get their values from a Plan's Execution"));
    }

    private static Arguments of(Supplier<Object> mistake, String message) {
        return Arguments.of(mistake, message);
    }

    private static Tensor assigned(String name, Tensor value) {
        Variable variable = Variable.of(name, VECTOR);
        variable.assign(value);
        return variable.value();
    }

    private static Tensor stale() {
        Variable variable = Variable.of("w", VECTOR);
        Tensor before = variable.value().add(1);
        variable.assign(Tensor.ones(2));
        return before.evaluate();
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void message(Supplier<Object> mistake, String message) {
        LaminaException error = assertThrows(LaminaException.class, mistake::get);
        assertEquals(message, error.getMessage());
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void followsTheConvention(Supplier<Object> mistake, String message) {
        assertTrue(message.matches("[\\w. ']+: expected [^\\n]+, got [^\\n]+; [^\\n]+"), message);
    }

    @Test
    void theStackTraceBeginsOnTheLineOfTheUser() {
        ShapeException error = assertThrows(ShapeException.class, () -> MATRIX.add(Tensor.zeros(4)));
        List<String> users = Stream.of(error.getStackTrace())
                .map(StackTraceElement::getClassName)
                .filter(name -> !name.startsWith("dev.lamina.core.") || name.equals(ErrorMessageTest.class.getName()))
                .toList();
        assertEquals(ErrorMessageTest.class.getName(), users.getFirst());
    }
}
