package dev.lamina.testkit;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lamina.core.DType;
import dev.lamina.core.Index;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;

/** NaN, infinities, signed zeros, subnormal and huge numbers, the ends of the integer types: against the interpreter. */
final class AwkwardValues {
    private static final double[] FLOATS = {
        Double.NaN,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        0.0,
        -0.0,
        1e-40,
        -1e-40,
        1e-30,
        -1e-30,
        0.5,
        -0.5,
        1,
        -1,
        1.5,
        -2.5,
        3,
        -3,
        20,
        -20,
        88,
        -88,
        127,
        -128,
        255,
        1e4,
        -1e4,
        3e38,
        -3e38
    };
    private static final Map<String, UnaryOperator<Tensor>> UNARY = unary();
    private static final Map<String, BinaryOperator<Tensor>> BINARY = binary();
    private static final Map<String, BinaryOperator<Tensor>> INTEGER = integer();

    private AwkwardValues() {}

    static Stream<DynamicNode> tests(String backend) {
        List<DType> floats = List.of(DType.F32, DType.F64, DType.BF16, DType.F16);
        List<DType> integers = List.of(DType.I64, DType.I32, DType.I8, DType.U8);
        Stream<DynamicNode> unary = floats.stream()
                .flatMap(dtype -> UNARY.entrySet().stream()
                        .map(op -> test(
                                backend,
                                op.getKey() + " " + dtype,
                                () -> op.getValue().apply(line(dtype)))));
        Stream<DynamicNode> binary = floats.stream()
                .flatMap(dtype -> BINARY.entrySet().stream()
                        .map(op -> test(backend, op.getKey() + " " + dtype, () -> pairs(dtype, op.getValue()))));
        Stream<DynamicNode> whole = integers.stream()
                .flatMap(dtype -> INTEGER.entrySet().stream()
                        .map(op -> test(backend, op.getKey() + " " + dtype, () -> pairs(dtype, op.getValue()))));
        Stream<DynamicNode> casts = Arrays.stream(DType.values())
                .flatMap(from -> Arrays.stream(DType.values())
                        .map(to -> test(
                                backend,
                                "cast " + from + " to " + to,
                                () -> line(from).cast(to))));
        return Stream.of(unary, binary, whole, casts).flatMap(s -> s);
    }

    private static DynamicNode test(String backend, String name, Supplier<Tensor> result) {
        return dynamicTest(name, () -> {
            Tensor expected = OnBackend.of("interpreter", () -> result.get().evaluate());
            Tensor got = OnBackend.of(backend, () -> result.get().evaluate());
            DType dtype = expected.dtype();
            double atol = dtype == DType.F16 ? 0x1p-22 : 1e-37;
            Values.difference(got, expected, dtype.isFloat() ? 16 * Traced.unit(dtype) : 0, atol)
                    .ifPresent(text -> {
                        throw new AssertionError(name + ": " + text);
                    });
        });
    }

    /** All awkward values of a dtype. */
    private static Tensor line(DType dtype) {
        double[] values = dtype.isFloat() ? FLOATS : integers(dtype);
        return FuzzLeaves.tensor(values, Shape.of(values.length), dtype);
    }

    private static double[] integers(DType dtype) {
        if (dtype == DType.BOOL) {
            return new double[] {0, 1};
        }
        // doubles cannot hold the largest i64 exactly; the cast to long saturates to it
        double low = dtype == DType.U8 ? 0 : -Traced.limit(dtype);
        double high = dtype == DType.U8 ? 255 : Traced.limit(dtype) - (dtype == DType.I64 ? 0 : 1);
        return DoubleStream.of(low, low + 1, -7, -2, -1, 0, 1, 2, 3, 7, 100, high - 1, high)
                .filter(x -> dtype != DType.U8 || x >= 0)
                .toArray();
    }

    /** Every awkward value against every other. */
    private static Tensor pairs(DType dtype, BinaryOperator<Tensor> op) {
        Tensor line = line(dtype);
        return op.apply(line.unsqueeze(1), line);
    }

    private static Map<String, UnaryOperator<Tensor>> unary() {
        Map<String, UnaryOperator<Tensor>> ops = new LinkedHashMap<>();
        ops.put("neg", Tensor::neg);
        ops.put("abs", Tensor::abs);
        ops.put("sign", Tensor::sign);
        ops.put("square", Tensor::square);
        ops.put("sqrt", Tensor::sqrt);
        ops.put("rsqrt", Tensor::rsqrt);
        ops.put("reciprocal", Tensor::reciprocal);
        ops.put("exp", Tensor::exp);
        ops.put("expm1", Tensor::expm1);
        ops.put("log", Tensor::log);
        ops.put("log1p", Tensor::log1p);
        ops.put("sin", Tensor::sin);
        ops.put("cos", Tensor::cos);
        ops.put("tanh", Tensor::tanh);
        ops.put("atan", Tensor::atan);
        ops.put("erf", Tensor::erf);
        ops.put("sigmoid", Tensor::sigmoid);
        ops.put("softplus", x -> x.softplus(1));
        ops.put("logSigmoid", Tensor::logSigmoid);
        ops.put("gelu", Tensor::gelu);
        ops.put("relu", Tensor::relu);
        ops.put("floor", Tensor::floor);
        ops.put("ceil", Tensor::ceil);
        ops.put("round", Tensor::round);
        ops.put("clamp", x -> x.clamp(-1, 2));
        ops.put("isNan", Tensor::isNan);
        ops.put("isFinite", Tensor::isFinite);
        ops.put("isInfinite", Tensor::isInfinite);
        ops.put("softmax", x -> x.slice(Index.from(3)).softmax(0));
        ops.put("max", Tensor::max);
        ops.put("min", Tensor::min);
        ops.put("argmax", Tensor::argmax);
        ops.put("sort", x -> x.sort(0, false).values());
        ops.put("argsort", x -> x.argsort(0, true));
        return ops;
    }

    private static Map<String, BinaryOperator<Tensor>> binary() {
        Map<String, BinaryOperator<Tensor>> ops = new LinkedHashMap<>();
        ops.put("add", Tensor::add);
        ops.put("sub", Tensor::sub);
        ops.put("mul", Tensor::mul);
        ops.put("div", Tensor::div);
        ops.put("pow", Tensor::pow);
        ops.put("remainder", Tensor::remainder);
        ops.put("maximum", Tensor::maximum);
        ops.put("minimum", Tensor::minimum);
        ops.putAll(comparisons());
        return ops;
    }

    private static Map<String, BinaryOperator<Tensor>> comparisons() {
        Map<String, BinaryOperator<Tensor>> ops = new LinkedHashMap<>();
        ops.put("lt", Tensor::lt);
        ops.put("le", Tensor::le);
        ops.put("gt", Tensor::gt);
        ops.put("ge", Tensor::ge);
        ops.put("eq", Tensor::eq);
        ops.put("ne", Tensor::ne);
        return ops;
    }

    private static Map<String, BinaryOperator<Tensor>> integer() {
        Map<String, BinaryOperator<Tensor>> ops = new LinkedHashMap<>();
        ops.put("add", Tensor::add);
        ops.put("sub", Tensor::sub);
        ops.put("mul", Tensor::mul);
        ops.put("div", Tensor::div);
        ops.put("remainder", Tensor::remainder);
        ops.put("pow", Tensor::pow);
        ops.put("maximum", Tensor::maximum);
        ops.put("minimum", Tensor::minimum);
        ops.putAll(comparisons());
        return ops;
    }
}
