package dev.lamina.core.backend;

import dev.lamina.core.DType;
import dev.lamina.core.op.Philox;
import dev.lamina.core.op.Reduce;
import dev.lamina.core.op.Scatter;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Reductions, products, indexing, sorting and random numbers in the interpreter. */
final class InterpretedOps {
    private InterpretedOps() {}

    static void reduce(Reduce.Over reduce, Values in, Values out) {
        double[] best = new double[out.size()];
        long[] sums = new long[out.size()];
        long[] where = new long[out.size()];
        boolean[] seen = new boolean[out.size()];
        for (int i = 0; i < in.size(); i++) {
            int[] index = InterpretedViews.index(in.shape(), i);
            int to = (int) InterpretedViews.reducedPosition(out.shape(), index, reduce.axes());
            if (reduce.kind() == Reduce.Kind.SUM) {
                best[to] += in.get(i);
                sums[to] += in.getLong(i);
            } else if (!seen[to] || better(reduce.kind(), in, i, (int) where[to])) {
                where[to] = i;
            }
            seen[to] = true;
        }
        for (int to = 0; to < out.size(); to++) {
            switch (reduce.kind()) {
                case SUM -> {
                    if (in.dtype().isFloat()) {
                        out.set(to, best[to]);
                    } else {
                        out.setLong(to, sums[to]);
                    }
                }
                case MAX, MIN -> out.move(to, in, where[to]);
                case ARGMAX, ARGMIN ->
                    out.setLong(
                            to,
                            InterpretedViews.index(in.shape(), where[to])[
                                    reduce.axes().get(0)]);
            }
        }
    }

    /** Whether element i takes the place of the best one so far; the first NaN wins. */
    private static boolean better(Reduce.Kind kind, Values in, int i, int best) {
        boolean larger = kind == Reduce.Kind.MAX || kind == Reduce.Kind.ARGMAX;
        if (!in.dtype().isFloat()) {
            return larger ? in.getLong(i) > in.getLong(best) : in.getLong(i) < in.getLong(best);
        }
        if (Double.isNaN(in.get(best))) {
            return false;
        }
        return Double.isNaN(in.get(i)) || (larger ? in.get(i) > in.get(best) : in.get(i) < in.get(best));
    }

    static void scan(Reduce.Scan scan, Values in, Values out) {
        int length = in.shape().dim(scan.axis());
        long step = in.shape().strides()[scan.axis()];
        for (int i = 0; i < in.size(); i++) {
            if (InterpretedViews.index(in.shape(), i)[scan.axis()] != 0) {
                continue;
            }
            double sum = 0;
            long whole = 0;
            for (int k = 0; k < length; k++) {
                long at = i + step * (scan.reversed() ? length - 1 - k : k);
                sum += in.get(at);
                whole += in.getLong(at);
                if (in.dtype().isFloat()) {
                    out.set(at, sum);
                } else {
                    out.setLong(at, whole);
                }
            }
        }
    }

    static void matmul(Values a, Values b, DType rounded, Values out) {
        int m = out.shape().dim(-2);
        int n = out.shape().dim(-1);
        int k = a.shape().dim(-1);
        boolean floats = out.dtype().isFloat();
        for (int i = 0; i < out.size(); i++) {
            int batch = i / (m * n);
            int row = i / n % m;
            int column = i % n;
            double sum = 0;
            long whole = 0;
            for (int x = 0; x < k; x++) {
                int left = (batch * m + row) * k + x;
                int right = (batch * k + x) * n + column;
                if (floats) {
                    sum += rounded.round(a.get(left)) * rounded.round(b.get(right));
                } else {
                    whole += a.getLong(left) * b.getLong(right);
                }
            }
            if (floats) {
                out.set(i, sum);
            } else {
                out.setLong(i, whole);
            }
        }
    }

    static void gather(String name, Values data, Values index, Values out) {
        int width = data.shape().dim(1);
        for (int i = 0; i < index.size(); i++) {
            long row = row(index, i, data.shape().dim(0), name);
            for (int c = 0; c < width; c++) {
                out.move((long) i * width + c, data, row * width + c);
            }
        }
    }

    static void scatter(Scatter.Kind kind, Values[] in, Values out) {
        Values index = in[1];
        Values updates = in[2];
        int width = out.shape().dim(1);
        double[] sums = new double[out.size()];
        for (int i = 0; i < sums.length; i++) {
            sums[i] = in[0].get(i);
        }
        out.copy(in[0]);
        for (int i = 0; i < index.size(); i++) {
            long row = row(index, i, out.shape().dim(0), "scatter");
            for (int c = 0; c < width; c++) {
                int to = (int) (row * width + c);
                long from = (long) i * width + c;
                switch (kind) {
                    case SET -> {
                        sums[to] = updates.get(from);
                        out.move(to, updates, from);
                    }
                    case ADD -> {
                        sums[to] += updates.get(from);
                        if (out.dtype().isFloat()) {
                            out.set(to, sums[to]);
                        } else {
                            out.setLong(to, out.getLong(to) + updates.getLong(from));
                        }
                    }
                }
            }
        }
    }

    private static long row(Values index, int at, int rows, String op) {
        long row = index.getLong(at);
        if (row < 0 || row >= rows) {
            throw IndexErrors.outOfRange(op, row, at, rows);
        }
        return row;
    }

    static void sort(boolean descending, Values in, Values out) {
        int length = in.shape().rank() == 0 ? 1 : in.shape().dim(-1);
        // Adding 0.0 makes -0.0 equal to 0.0.
        Comparator<Integer> floats = Comparator.comparingDouble(i -> in.get(i) + 0.0);
        Comparator<Integer> integers = Comparator.comparingLong(i -> in.getLong(i));
        Comparator<Integer> order = in.dtype().isFloat() ? floats : integers;
        for (int start = 0; start < in.size(); start += length) {
            int from = start;
            Integer[] indices = IntStream.range(from, from + length).boxed().toArray(Integer[]::new);
            Arrays.sort(indices, descending ? order.reversed() : order);
            for (int i = 0; i < length; i++) {
                out.setLong(from + i, indices[i] - from);
            }
        }
    }

    static void uniform(long stream, Values seed, Values out) {
        int[] words = new int[4];
        boolean single = out.dtype() == DType.F32;
        int perBlock = single ? 4 : 2;
        for (int i = 0; i < out.size(); i++) {
            Philox.block(seed.getLong(0), stream, i / perBlock, words, 0);
            int at = i % perBlock;
            out.set(i, single ? Philox.toFloat(words[at]) : Philox.toDouble(words[2 * at], words[2 * at + 1]));
        }
    }
}
