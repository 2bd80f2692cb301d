package dev.lamina.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.Gradients;
import dev.lamina.core.Tensor;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every public tensor method is checked or is on the list of those without a gradient; the results become a page. */
class GradientTableTest {
    /** Methods that make tensors from something else, or whose result does not change smoothly. */
    private static final Set<String> WITHOUT_GRADIENT = Set.of(
            "of(float[],int[])",
            "of(double[],int[])",
            "of(int[],int[])",
            "of(long[],int[])",
            "of(byte[],int[])",
            "of(boolean[],int[])",
            "of(MemorySegment,DType,Shape)",
            "of(ByteBuffer,DType,Shape)",
            "of(BufferedImage)",
            "of(Node)",
            "input(DType,Shape)",
            "self()",
            "evaluate()",
            "scalar(float)",
            "scalar(double)",
            "scalar(int)",
            "scalar(long)",
            "scalar(boolean)",
            "constant(DType,double,int[])",
            "full(double,int[])",
            "full(DType,double,Shape)",
            "zeros(int[])",
            "zeros(DType,Shape)",
            "ones(int[])",
            "ones(DType,Shape)",
            "zerosLike()",
            "onesLike()",
            "arange(int)",
            "arange(DType,int)",
            "linspace(double,double,int)",
            "eye(int)",
            "uniform(Tensor,long,DType,Shape)",
            "eq(Tensor)",
            "eq(double)",
            "ne(Tensor)",
            "ne(double)",
            "lt(Tensor)",
            "lt(double)",
            "le(Tensor)",
            "le(double)",
            "gt(Tensor)",
            "gt(double)",
            "ge(Tensor)",
            "ge(double)",
            "logicalAnd(Tensor)",
            "logicalOr(Tensor)",
            "logicalXor(Tensor)",
            "logicalNot()",
            "isNan()",
            "isInfinite()",
            "isFinite()",
            "any(int[])",
            "all(int[])",
            "sign()",
            "floor()",
            "ceil()",
            "round()",
            "floorDiv(Tensor)",
            "floorDiv(double)",
            "stopGradient()",
            "argmax()",
            "argmax(int)",
            "argmaxKeep(int)",
            "argmin()",
            "argmin(int)",
            "argminKeep(int)",
            "argsort(int,boolean)",
            "sortIndices(boolean)",
            "nonzero()",
            "oneHot(int)",
            "oneHot(int,DType)");
    /** Conversions: f32 has too few digits for finite differences, so a test compares their gradients exactly. */
    private static final Set<String> CHECKED_EXACTLY = Set.of("cast(DType)", "toF32()", "toF64()");

    @Test
    void everyTensorMethodHasACase() {
        Set<String> listed = new TreeSet<>(WITHOUT_GRADIENT);
        listed.addAll(CHECKED_EXACTLY);
        GradientCases.all().forEach(gradient -> listed.add(gradient.method()));
        Set<String> missing = tensorMethods();
        missing.removeAll(listed);
        assertEquals(Set.of(), missing, "add a case to GradientCases, or the method to one of the lists above");
        listed.removeAll(tensorMethods());
        assertEquals(Set.of(), listed, "GradientCases or a list names methods that do not exist");
    }

    @Test
    void writesThePageOfTheBook() throws IOException {
        StringBuilder page = new StringBuilder(HEAD);
        for (GradientCases.Case gradient : GradientCases.all()) {
            GradientCheck.Result result = OnBackend.of("interpreter", gradient::check);
            assertTrue(result.passes(), () -> gradient + ": " + result);
            page.append("| `")
                    .append(gradient.method())
                    .append("` | ")
                    .append(gradient.note())
                    .append(" | ")
                    .append(magnitude(result.first()))
                    .append(" | ")
                    .append(magnitude(result.second()))
                    .append(" |\n");
        }
        page.append("\nWithout a gradient: ").append(names(WITHOUT_GRADIENT)).append(".\n");
        page.append("\nCompared exactly in `GradientTableTest`: ")
                .append(names(CHECKED_EXACTLY))
                .append(".\n");
        Path book = Shared.root().resolve("book");
        Files.createDirectories(book);
        Path file = book.resolve("gradient-check.md");
        if (!Files.exists(file) || !Files.readString(file).equals(page.toString())) {
            Files.writeString(file, page);
        }
    }

    @Test
    void gradientOfACastIsACast() {
        Tensor x = Tensor.of(new double[] {0.1, -2.5, 3});
        for (DType dtype : List.of(DType.F32, DType.BF16, DType.F16, DType.F64)) {
            Tensor y = dtype == DType.F32 ? x.toF32() : x.cast(dtype);
            Tensor upstream = Tensor.of(new double[] {1, 2, -0.5}).cast(dtype);
            Tensor gradient = Gradients.of(y, upstream, List.of(x)).getFirst();
            assertEquals(DType.F64, gradient.dtype());
            assertEquals(
                    List.of(1.0, 2.0, -0.5),
                    Arrays.stream(gradient.toDoubleArray()).boxed().toList());
        }
        Tensor single = Tensor.of(new float[] {1, 2});
        Tensor gradient = Gradients.of(single.toF64(), Tensor.of(new double[] {3, 4}), List.of(single))
                .getFirst();
        assertEquals(DType.F32, gradient.dtype());
        assertEquals(
                List.of(3.0, 4.0),
                Arrays.stream(gradient.toDoubleArray()).boxed().toList());
    }

    private static final String HEAD = """
            # Gradient check

            Every differentiable method of `Tensor` against finite differences along a random direction, in f64, on the
            interpreter: the gradient (first order) and the gradient of the gradient (second order). The formula is in
            `GradientCheck`; a relative error above 1e-8 fails the build. A test fails when a public method is missing
            here. Written by `GradientTableTest`.

            | method | case | first order | second order |
            | --- | --- | --- | --- |
            """;

    /** The order of magnitude, so that the page does not change with the last digits. */
    private static String magnitude(double error) {
        return error < 1e-9 ? "< 1e-9" : "< 1e-8";
    }

    private static String names(Set<String> methods) {
        return methods.stream().sorted().map(method -> "`" + method + "`").collect(Collectors.joining(", "));
    }

    /** Public methods, static ones of the op interfaces included, that give tensors. */
    private static Set<String> tensorMethods() {
        Stream<Method> statics = Arrays.stream(Tensor.class.getInterfaces())
                .flatMap(type -> Arrays.stream(type.getMethods()))
                .filter(method -> Modifier.isStatic(method.getModifiers()));
        return Stream.concat(Arrays.stream(Tensor.class.getMethods()), statics)
                .filter(method -> !method.isBridge() && holdsTensor(method.getGenericReturnType()))
                .map(GradientTableTest::signature)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String signature(Method method) {
        return Arrays.stream(method.getParameterTypes())
                .map(Class::getSimpleName)
                .collect(Collectors.joining(",", method.getName() + "(", ")"));
    }

    private static boolean holdsTensor(Type type) {
        if (type instanceof ParameterizedType generic) {
            return Arrays.stream(generic.getActualTypeArguments()).anyMatch(GradientTableTest::holdsTensor);
        }
        return type == Tensor.class
                || (type instanceof Class<?> raw
                        && raw.isRecord()
                        && Arrays.stream(raw.getRecordComponents())
                                .map(RecordComponent::getGenericType)
                                .anyMatch(GradientTableTest::holdsTensor));
    }
}
