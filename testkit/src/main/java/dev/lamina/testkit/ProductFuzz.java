package dev.lamina.testkit;

import dev.lamina.core.DType;
import dev.lamina.core.Index;
import dev.lamina.core.Precision;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;

/**
 * Random products C = A B (M, N and K from 1 to 300; all transposes, strides, batches, dtypes, with and without a map behind) against the
 * interpreter; a few are larger. Half of the float products have whole numbers as factors: their sums are exact, so every missing term shows.
 *
 * <p>{@code -Dlamina.fuzz.products=N} runs N of them, {@code -Dlamina.fuzz.seed=S} starts at another seed.
 */
final class ProductFuzz {
    static final int LARGEST = 300;

    /** One product of f32 in so many is as large as those that backends take to other units. */
    static final int LARGE_EACH = 250;

    private static final int PER_TEST = 100;
    private static final List<DType> TYPES = List.of(
            DType.F32,
            DType.F32,
            DType.F32,
            DType.F32,
            DType.BF16,
            DType.BF16,
            DType.F64,
            DType.F64,
            DType.F16,
            DType.I8,
            DType.U8,
            DType.I32,
            DType.I64);

    /** How a matrix lies in memory, before it is transposed or not. */
    enum Layout {
        PLAIN,
        /** Rows longer than those that are used, from an element on that is not the first. */
        GAPS,
        /** Rows of a power of two of elements, which compete in a cache. */
        FAR_ROWS,
        /** Every third column. */
        COLUMNS_APART,
        /** Every second row. */
        ROWS_APART,
        /** The last column first. */
        COLUMNS_BACK,
        /** The last row first. */
        ROWS_BACK,
        /** One row for all. */
        ONE_ROW,
        /** One column for all. */
        ONE_COLUMN
    }

    /** Which factors have axes before the last two. */
    enum Batch {
        NONE,
        BOTH,
        ONLY_A,
        ONLY_B,
        TWO_AXES
    }

    /** What is computed of the product. */
    enum Epilogue {
        NONE,
        BIAS,
        RESIDUAL,
        COLUMN_OF_FACTORS,
        ALSO_THE_PRODUCT,
        BIAS_AND_RELU,
        GELU,
        HALF_IN_OTHER_TYPE;

        private static final List<Epilogue> OF_FLOATS = List.of(values());
        private static final List<Epilogue> OF_INTEGERS =
                List.of(NONE, BIAS, RESIDUAL, COLUMN_OF_FACTORS, ALSO_THE_PRODUCT);

        static List<Epilogue> of(DType dtype) {
            return dtype.isFloat() ? OF_FLOATS : OF_INTEGERS;
        }
    }

    private final SplittableRandom random;
    private final DType dtype;
    private final boolean rounded;
    private final boolean whole;
    private final int m;
    private final int n;
    private final int k;
    private final boolean[] turned = new boolean[2];
    private final Layout[] layouts = new Layout[2];
    private final Batch batch;
    private final Epilogue epilogue;

    ProductFuzz(long seed) {
        random = new SplittableRandom(seed);
        boolean large = Math.floorMod(seed, LARGE_EACH) == 0;
        dtype = large ? DType.F32 : any(TYPES);
        rounded = dtype == DType.F32 && !large && random.nextInt(3) == 0;
        whole = !dtype.isFloat() || random.nextBoolean();
        m = large ? 512 + random.nextInt(60) : size();
        n = large ? 512 + random.nextInt(60) : size();
        k = large ? 256 + random.nextInt(40) : size();
        for (int i = 0; i < 2; i++) {
            turned[i] = random.nextBoolean();
            layouts[i] = random.nextBoolean() ? Layout.PLAIN : any(List.of(Layout.values()));
        }
        batch = random.nextInt(3) > 0 || (long) m * n * k > 2_000_000 ? Batch.NONE : any(List.of(Batch.values()));
        epilogue = random.nextInt(4) == 0 ? Epilogue.NONE : any(Epilogue.of(dtype));
    }

    private <T> T any(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    private int size() {
        int[] odd = {1, 7, 13, 16, 31, 32, 33, 64, 207, 256, LARGEST};
        // Mostly small, as the interpreter takes its time.
        return switch (random.nextInt(8)) {
            case 0 -> odd[random.nextInt(odd.length)];
            case 1 -> 1 + random.nextInt(LARGEST);
            case 2, 3, 4 -> 1 + random.nextInt(100);
            default -> 1 + random.nextInt(30);
        };
    }

    static int count() {
        return Integer.getInteger("lamina.fuzz.products", 2000);
    }

    static Stream<DynamicNode> tests(String backend) {
        return GraphFuzz.tests(count(), PER_TEST, seed -> check(backend, seed));
    }

    static void check(String backend, long seed) {
        ProductFuzz fuzz = new ProductFuzz(seed);
        List<Tensor> expected = OnBackend.of("interpreter", () -> new ProductFuzz(seed).results());
        List<Tensor> got = OnBackend.of(backend, fuzz::results);
        for (int i = 0; i < expected.size(); i++) {
            Optional<String> difference =
                    Values.difference(got.get(i), expected.get(i), 0, fuzz.allowed(expected.get(i)));
            if (difference.isPresent()) {
                throw new AssertionError("product seed " + seed + " on " + backend + ": result " + i + " of " + fuzz
                        + ", " + difference.get() + "; repeat with -Dlamina.fuzz.products=1 -Dlamina.fuzz.seed="
                        + seed);
            }
        }
    }

    /**
     * A sum of K terms, added up in any order in the accumulator's type, is off by at most (K - 1) units of the sum of their absolute values (Higham
     * 2002, 4.2), here at most K as factors are in [-1, 1]; no map behind amplifies that by more than 9/8. Then some roundings to the result's type.
     */
    private double allowed(Tensor expected) {
        double largest = Arrays.stream(expected.cast(DType.F64).toDoubleArray())
                .map(Math::abs)
                .max()
                .orElse(0);
        double sums = whole ? 0 : Traced.unit(dtype == DType.F64 ? DType.F64 : DType.F32) * 9 / 8 * k * k;
        DType coarse = Traced.digits(expected.dtype()) < Traced.digits(dtype) ? expected.dtype() : dtype;
        return sums + 8 * Traced.unit(coarse) * Math.max(1, largest);
    }

    private List<Tensor> results() {
        Tensor a = matrix(0, m, k, batch != Batch.NONE && batch != Batch.ONLY_B);
        Tensor b = matrix(1, k, n, batch == Batch.BOTH || batch == Batch.ONLY_B);
        Precision precision = rounded ? Precision.bf16() : Precision.f32();
        Tensor[] results = behind(precision.call(() -> a.matmul(b)));
        Tensor.evaluateAll(results);
        return List.of(results);
    }

    private Tensor[] behind(Tensor c) {
        return switch (epilogue) {
            case NONE -> new Tensor[] {c};
            case BIAS -> new Tensor[] {c.add(values(Shape.of(n)))};
            case RESIDUAL -> new Tensor[] {c.add(values(c.shape()))};
            case COLUMN_OF_FACTORS -> new Tensor[] {c.mul(values(Shape.of(m, 1)))};
            case ALSO_THE_PRODUCT -> new Tensor[] {c.add(values(Shape.of(n))), c};
            case BIAS_AND_RELU -> new Tensor[] {c.add(values(Shape.of(n))).relu()};
            case GELU -> new Tensor[] {c.gelu()};
            case HALF_IN_OTHER_TYPE -> new Tensor[] {c.mul(0.5).cast(dtype == DType.F32 ? DType.BF16 : DType.F32)};
        };
    }

    private Tensor matrix(int which, int rows, int columns, boolean many) {
        int high = turned[which] ? columns : rows;
        int wide = turned[which] ? rows : columns;
        Shape before = !many ? Shape.of() : batch == Batch.TWO_AXES ? Shape.of(2, 3) : Shape.of(3);
        Tensor tensor = laid(layouts[which], before, high, wide);
        return turned[which] ? tensor.transpose(-1, -2) : tensor;
    }

    private Tensor laid(Layout layout, Shape before, int rows, int columns) {
        return switch (layout) {
            case PLAIN -> leaf(before, rows, columns);
            case GAPS -> leaf(before, rows, columns + 3).narrow(-1, 2, columns);
            case FAR_ROWS -> leaf(before, rows, columns > 512 ? 1024 : 512).narrow(-1, 0, columns);
            case COLUMNS_APART -> every(leaf(before, rows, 3 * columns), -1, 3);
            case ROWS_APART -> every(leaf(before, 2 * rows, columns), -2, 2);
            case COLUMNS_BACK -> leaf(before, rows, columns).flip(-1);
            case ROWS_BACK -> leaf(before, rows, columns).flip(-2);
            case ONE_ROW -> leaf(before, 1, columns).expandTo(matrix(before, rows, columns));
            case ONE_COLUMN -> leaf(before, rows, 1).expandTo(matrix(before, rows, columns));
        };
    }

    private static Tensor every(Tensor x, int axis, int step) {
        Index[] indices = new Index[x.rank()];
        Arrays.fill(indices, Index.all());
        indices[x.rank() + axis] = Index.every(step);
        return x.slice(indices);
    }

    private static Shape matrix(Shape before, int rows, int columns) {
        return before.insert(before.rank(), rows).insert(before.rank() + 1, columns);
    }

    private Tensor leaf(Shape before, int rows, int columns) {
        return values(matrix(before, rows, columns));
    }

    /** Whole numbers from -2 (integers: -9) on, or numbers from -1 to 1. */
    private Tensor values(Shape shape) {
        double[] values = new double[(int) shape.size()];
        int bound = dtype.isFloat() ? 2 : 9;
        for (int i = 0; i < values.length; i++) {
            values[i] = whole ? random.nextInt(dtype == DType.U8 ? 0 : -bound, bound + 1) : random.nextDouble(-1, 1);
        }
        return FuzzLeaves.tensor(values, shape, dtype);
    }

    /** How often each kind, and each kind together with each dtype, comes up in so many products. */
    static Map<String, Integer> coverage(long first, int count) {
        Map<String, Integer> counts = new TreeMap<>();
        for (long seed = first; seed < first + count; seed++) {
            ProductFuzz fuzz = new ProductFuzz(seed);
            String type = fuzz.dtype + (fuzz.rounded ? " as bf16" : "");
            List<String> kinds = List.of(
                    "transposes " + (fuzz.turned[0] ? "T" : "N") + (fuzz.turned[1] ? "T" : "N"),
                    "A " + fuzz.layouts[0],
                    "B " + fuzz.layouts[1],
                    "batch " + fuzz.batch,
                    "epilogue " + fuzz.epilogue,
                    "values " + (fuzz.whole ? "whole" : "any"),
                    "M " + bucket(fuzz.m),
                    "N " + bucket(fuzz.n),
                    "K " + bucket(fuzz.k));
            counts.merge(type, 1, Integer::sum);
            kinds.forEach(kind -> counts.merge(kind, 1, Integer::sum));
            kinds.forEach(kind -> counts.merge(type + ", " + kind, 1, Integer::sum));
        }
        return counts;
    }

    private static String bucket(int size) {
        if (size > LARGEST) {
            return "large";
        }
        return size == 1 ? "1" : size <= 32 ? "to 32" : size < 200 ? "to 199" : size < LARGEST ? "to 299" : "300";
    }

    @Override
    public String toString() {
        return dtype + (rounded ? " as bf16" : "") + (whole ? " whole " : " ") + m + " x " + k + " x " + n
                + (turned[0] ? " T" : " N") + (turned[1] ? "T " : "N ") + Arrays.toString(layouts) + ", batch " + batch
                + ", epilogue " + epilogue;
    }
}
