package dev.lamina.testkit;

import dev.lamina.core.Attention;
import dev.lamina.core.Index;
import dev.lamina.core.PadMode;
import dev.lamina.core.Primitives;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.op.Elementwise;
import dev.lamina.core.op.Reduce;
import dev.lamina.core.op.Scatter;
import dev.lamina.core.op.View;
import dev.lamina.testkit.GradientCheck.Body;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

/**
 * One line for every differentiable tensor method: where it is checked and how it is called. Inputs keep away from kinks,
 * poles and ties.
 */
public final class GradientCases {
    private static final double[] ANY = {-1.7, 2.0};
    private static final String ATTENTION = "scaledDotProductAttention(Tensor,Tensor)";
    private static final double[] POSITIVE = {0.4, 2.2};

    private final List<Case> cases = new ArrayList<>();

    private GradientCases() {}

    /**
     * A method at a point.
     *
     * @param method name and simple parameter types, for example {@code mul(double)}
     * @param note which of several cases of the method this is; may be empty
     * @param point f64 inputs
     * @param body the call
     */
    public record Case(String method, String note, List<Tensor> point, Body body) {
        /** Compares first and second order with finite differences. */
        public GradientCheck.Result check() {
            return GradientCheck.check(body, point, method.hashCode());
        }

        @Override
        public String toString() {
            return note.isEmpty() ? method : method + ", " + note;
        }
    }

    /** All cases, by family and in a fixed order. */
    public static List<Case> all() {
        GradientCases table = new GradientCases();
        table.arithmetic();
        table.withNumbers();
        table.functions();
        table.activations();
        table.reductions();
        table.ordering();
        table.views();
        table.patterns();
        table.assembly();
        table.products();
        table.attention();
        table.indexing();
        table.primitives();
        table.indexPrimitives();
        table.cases.addAll(WindowGradients.all());
        return List.copyOf(table.cases);
    }

    private void add(String method, String note, List<Tensor> point, Body body) {
        cases.add(new Case(method, note, point, body));
    }

    private void one(String method, double[] range, UnaryOperator<Tensor> call) {
        add(method, "", List.of(spread(range, 2, 5)), in -> call.apply(in.get(0)));
    }

    private void one(String method, String note, Tensor x, UnaryOperator<Tensor> call) {
        add(method, note, List.of(x), in -> call.apply(in.get(0)));
    }

    private void two(String method, double[] left, double[] right, BinaryOperator<Tensor> call) {
        add(method, "", List.of(spread(left, 2, 5), spread(right, 2, 5)), in -> call.apply(in.get(0), in.get(1)));
        add(
                method,
                "broadcast",
                List.of(spread(left, 3, 1, 4), spread(right, 2, 1)),
                in -> call.apply(in.get(0), in.get(1)));
    }

    /** Distinct numbers all over a range in a random order, none nearer than 0.04 to 0. */
    private Tensor spread(double[] range, int... dims) {
        int size = (int) Shape.of(dims).size();
        SplittableRandom random = new SplittableRandom(cases.size() * 31L + (range[0] < 0 ? 1 : 2) + dims.length);
        double gap = (range[1] - range[0]) / size;
        double[] values = new double[size];
        for (int i = 0; i < size; i++) {
            double value = range[0] + gap * (i + 0.5 + random.nextDouble(-0.2, 0.2));
            values[i] = Math.abs(value) < 0.04 ? value + Math.copySign(0.04, value) : value;
        }
        for (int i = size - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            double swap = values[i];
            values[i] = values[j];
            values[j] = swap;
        }
        return Tensor.of(values, dims);
    }

    private Tensor any(int... dims) {
        return spread(ANY, dims);
    }

    private void arithmetic() {
        two("add(Tensor)", ANY, ANY, Tensor::add);
        two("sub(Tensor)", ANY, ANY, Tensor::sub);
        two("mul(Tensor)", ANY, ANY, Tensor::mul);
        two("div(Tensor)", ANY, POSITIVE, Tensor::div);
        two("pow(Tensor)", POSITIVE, ANY, Tensor::pow);
        two("maximum(Tensor)", ANY, POSITIVE, Tensor::maximum);
        two("minimum(Tensor)", ANY, POSITIVE, Tensor::minimum);
        // x / y is 0.15 or more away from an integer at these points
        add(
                "remainder(Tensor)",
                "",
                List.of(Tensor.of(new double[] {1.7, -1.2, 0.4, 2.9}), Tensor.of(new double[] {0.5, 0.7, 1.1, -1.3})),
                in -> in.get(0).remainder(in.get(1)));
        add(
                "where(Tensor,Tensor,Tensor)",
                "",
                List.of(any(2, 3), any(3)),
                in -> Tensor.where(checker(2, 3), in.get(0), in.get(1)));
        add(
                "where(Tensor,Tensor)",
                "",
                List.of(any(2, 3), any(3)),
                in -> checker(2, 3).where(in.get(0), in.get(1)));
    }

    private void withNumbers() {
        one("add(double)", ANY, x -> x.add(1.5));
        one("sub(double)", ANY, x -> x.sub(1.5));
        one("rsub(double)", ANY, x -> x.rsub(1.5));
        one("mul(double)", ANY, x -> x.mul(-1.5));
        one("div(double)", ANY, x -> x.div(1.5));
        one("rdiv(double)", POSITIVE, x -> x.rdiv(1.5));
        one("pow(double)", POSITIVE, x -> x.pow(1.7));
        one("pow(double)", "3", any(2, 5), x -> x.pow(3));
        one("pow(double)", "2", any(2, 5), x -> x.pow(2));
        one("pow(double)", "-1", spread(POSITIVE, 2, 5), x -> x.pow(-1));
        one("pow(double)", "0.5", spread(POSITIVE, 2, 5), x -> x.pow(0.5));
        one("rpow(double)", ANY, x -> x.rpow(2.5));
        one("maximum(double)", "", Tensor.of(new double[] {-1, 0.2, 0.4, 2}), x -> x.maximum(0.3));
        one("minimum(double)", "", Tensor.of(new double[] {-1, 0.2, 0.4, 2}), x -> x.minimum(0.3));
        one("clamp(double,double)", "", Tensor.of(new double[] {-1, 0.2, 0.4, 2}), x -> x.clamp(-0.5, 0.3));
        one("remainder(double)", "", Tensor.of(new double[] {-1.2, 0.2, 0.9, 2.3}), x -> x.remainder(0.7));
        one("clampMin(double)", "", Tensor.of(new double[] {-1, 0.2, 0.4, 2}), x -> x.clampMin(0.3));
        one("clampMax(double)", "", Tensor.of(new double[] {-1, 0.2, 0.4, 2}), x -> x.clampMax(0.3));
        one("where(Tensor,double)", "", any(2, 3), x -> checker(2, 3).where(x, -1.5));
        one("where(double,Tensor)", "", any(2, 3), x -> checker(2, 3).where(-1.5, x));
        one("maskedFill(Tensor,double)", "", any(2, 3), x -> x.maskedFill(checker(2, 3), -1.5));
    }

    private void functions() {
        one("neg()", ANY, Tensor::neg);
        one("abs()", ANY, Tensor::abs);
        one("square()", ANY, Tensor::square);
        one("sqrt()", POSITIVE, Tensor::sqrt);
        one("rsqrt()", POSITIVE, Tensor::rsqrt);
        one("reciprocal()", POSITIVE, Tensor::reciprocal);
        one("exp()", ANY, Tensor::exp);
        one("expm1()", ANY, Tensor::expm1);
        one("exp2()", ANY, Tensor::exp2);
        one("log()", POSITIVE, Tensor::log);
        one("log1p()", POSITIVE, Tensor::log1p);
        one("log2()", POSITIVE, Tensor::log2);
        one("sin()", ANY, Tensor::sin);
        one("cos()", ANY, Tensor::cos);
        one("tan()", "", spread(new double[] {-1, 1.1}, 2, 5), Tensor::tan);
        one("sinh()", ANY, Tensor::sinh);
        one("cosh()", ANY, Tensor::cosh);
        one("tanh()", ANY, Tensor::tanh);
        one("atan()", ANY, Tensor::atan);
        one("erf()", ANY, Tensor::erf);
    }

    private void activations() {
        double[] wide = {-4.3, 4.6};
        one("relu()", ANY, Tensor::relu);
        one("leakyRelu(double)", ANY, x -> x.leakyRelu(0.1));
        one("elu(double)", ANY, x -> x.elu(0.7));
        one("selu()", ANY, Tensor::selu);
        one("celu(double)", ANY, x -> x.celu(0.7));
        one("gelu()", ANY, Tensor::gelu);
        one("geluTanh()", ANY, Tensor::geluTanh);
        one("silu()", ANY, Tensor::silu);
        one("mish()", wide, Tensor::mish);
        one("softplus(double)", wide, x -> x.softplus(1.5));
        one("softsign()", ANY, Tensor::softsign);
        one("sigmoid()", wide, Tensor::sigmoid);
        one("logSigmoid()", wide, Tensor::logSigmoid);
        one("hardSigmoid()", "", Tensor.of(new double[] {-3.5, -2, 0.3, 2.9, 3.4}), Tensor::hardSigmoid);
        one("hardSwish()", "", Tensor.of(new double[] {-3.5, -2, 0.3, 2.9, 3.4}), Tensor::hardSwish);
        one("relu6()", "", Tensor.of(new double[] {-1, 0.3, 2.9, 5.8, 6.3}), Tensor::relu6);
        one("hardTanh()", "", Tensor.of(new double[] {-1.5, -0.8, 0.3, 0.9, 1.4}), Tensor::hardTanh);
        one("softmax(int)", "last axis", any(2, 5), x -> x.softmax(-1));
        one("softmax(int)", "middle axis", any(2, 3, 2), x -> x.softmax(1));
        one("logSoftmax(int)", "last axis", any(2, 5), x -> x.logSoftmax(-1));
        one("logSoftmax(int)", "first axis", any(3, 4), x -> x.logSoftmax(0));
        one("glu(int)", "", any(3, 4), x -> x.glu(-1));
    }

    private void reductions() {
        one("sum(int[])", "all", any(2, 3, 2), Tensor::sum);
        one("sum(int[])", "two axes", any(2, 3, 2), x -> x.sum(0, -1).square());
        one("sumKeep(int[])", "", any(2, 3, 2), x -> x.sumKeep(1).mul(x));
        one("mean(int[])", "", any(2, 3, 2), x -> x.mean(1).square());
        one("meanKeep(int[])", "", any(2, 3, 2), x -> x.meanKeep(0, 2).mul(x));
        one("max(int[])", "", any(2, 3, 2), x -> x.max(1).square());
        one("maxKeep(int[])", "", any(2, 3, 2), x -> x.maxKeep(0, 2).mul(x));
        one("min(int[])", "", any(2, 3, 2), x -> x.min(1).square());
        one("minKeep(int[])", "", any(2, 3, 2), x -> x.minKeep(0, 2).mul(x));
        one("prod(int[])", "", any(2, 4), x -> x.prod(1));
        one("prod(int[])", "one zero", Tensor.of(new double[] {1.5, 0, -0.7, 1.2}, 1, 4), x -> x.prod(1));
        one("prodKeep(int[])", "", any(2, 4), x -> x.prodKeep(0));
        one("var(double,int[])", "unbiased", any(2, 5), x -> x.var(1, 1));
        one("varKeep(double,int[])", "biased", any(2, 5), x -> x.varKeep(0, 0, 1));
        one("std(double,int[])", "unbiased", any(2, 5), x -> x.std(1, 1));
        one("stdKeep(double,int[])", "biased", any(2, 5), x -> x.stdKeep(0, 0));
        one("logsumexp(int[])", "", any(2, 5), x -> x.logsumexp(1));
        one("logsumexpKeep(int[])", "", any(2, 5), x -> x.logsumexpKeep(0, 1));
        one("norm(double,int[])", "p = 1", any(2, 5), x -> x.norm(1, 1));
        one("norm(double,int[])", "p = 2", any(2, 5), x -> x.norm(2));
        one("norm(double,int[])", "p = 3", any(2, 5), x -> x.norm(3, 0));
        one("norm(double,int[])", "p = infinity", any(2, 5), x -> x.norm(Double.POSITIVE_INFINITY, 1));
        one("normKeep(double,int[])", "", any(2, 5), x -> x.normKeep(2, 1).mul(x));
        one("normalize(double,int,double)", "", any(2, 5), x -> x.normalize(2, 1, 1e-12));
        one("cumsum(int)", "", any(2, 5), x -> x.cumsum(1).square());
        one("cumsum(int)", "first axis", any(3, 2), x -> x.cumsum(0).square());
        one("cumprod(int)", "", any(2, 4), x -> x.cumprod(1));
        one("cumprod(int)", "one zero", Tensor.of(new double[] {1.5, 0, -0.7, 1.2}), x -> x.cumprod(0));
    }

    private void ordering() {
        one("maxAlong(int)", "", any(3, 4), x -> x.maxAlong(1).values().square());
        one("minAlong(int)", "", any(3, 4), x -> x.minAlong(0).values().square());
        one("sort(int,boolean)", "", any(3, 4), x -> x.sort(1, false).values().square());
        one(
                "sort(int,boolean)",
                "descending first axis",
                any(3, 4),
                x -> x.sort(0, true).values().square());
        one(
                "topK(int,int,boolean)",
                "",
                any(3, 4),
                x -> x.topK(2, 1, true).values().square());
        one(
                "topK(int,int,boolean)",
                "smallest first axis",
                any(3, 4),
                x -> x.topK(2, 0, false).values().square());
    }

    private void views() {
        one("reshape(int[])", "", any(2, 3, 2), x -> x.reshape(4, -1).square());
        one("reshape(Shape)", "", any(2, 3, 2), x -> x.reshape(Shape.of(3, 4)).square());
        one("flatten()", "", any(2, 3), x -> x.flatten().square());
        one("flatten(int,int)", "", any(2, 3, 2), x -> x.flatten(1, 2).square());
        one("permute(int[])", "", any(2, 3, 2), x -> x.permute(2, 0, 1).square());
        one("transpose()", "", any(2, 3, 2), x -> x.transpose().square());
        one("transpose(int,int)", "", any(2, 3, 2), x -> x.transpose(0, -1).square());
        one("moveAxis(int,int)", "", any(2, 3, 2), x -> x.moveAxis(0, -1).square());
        one("narrow(int,int,int)", "", any(3, 7), x -> x.narrow(1, 2, 4).square());
        one("expand(int[])", "", any(2, 1, 2), x -> x.expand(3, -1, 4, -1).square());
        one("expandTo(Shape)", "", any(3), x -> x.expandTo(Shape.of(2, 3)).square());
        one("squeeze()", "", any(1, 3, 1), x -> x.squeeze().square());
        one("squeeze(int[])", "", any(1, 3, 1), x -> x.squeeze(0).square());
        one("unsqueeze(int)", "", any(2, 3), x -> x.unsqueeze(1).square());
        one("flip(int[])", "", any(2, 3), x -> x.flip(0, 1).square());
        one(
                "slice(Index[])",
                "range with a step",
                any(3, 7),
                x -> x.slice(Index.all(), Index.range(1, 6, 2)).square());
        one(
                "slice(Index[])",
                "negative step",
                any(3, 7),
                x -> x.slice(Index.every(-1), Index.every(-3)).square());
        one(
                "slice(Index[])",
                "at, ellipsis, new axis",
                any(3, 2, 4),
                x -> x.slice(Index.at(-1), Index.newAxis(), Index.ellipsis(), Index.from(1))
                        .square());
        one(
                "pad(int[],int[],double)",
                "",
                any(2, 3),
                x -> x.pad(new int[] {1, 0}, new int[] {0, 2}, 0.5).square());
    }

    private void patterns() {
        one("pad(int[],int[],PadMode)", "reflect", any(2, 4), x -> border(x, PadMode.REFLECT));
        one("pad(int[],int[],PadMode)", "replicate", any(2, 4), x -> border(x, PadMode.REPLICATE));
        one("pad(int[],int[],PadMode)", "circular", any(2, 4), x -> border(x, PadMode.CIRCULAR));
        one("tril()", "", any(3, 4), x -> x.tril().square());
        one("triu()", "", any(3, 4), x -> x.triu().square());
        one("tril(int)", "", any(3, 4), x -> x.tril(-1).square());
        one("triu(int)", "", any(3, 4), x -> x.triu(1).square());
        one("diagonal()", "", any(4, 4), x -> x.diagonal().square());
        one("diagonal(int)", "", any(3, 5), x -> x.diagonal(1).square());
        one("diag()", "", any(4), x -> x.diag().square());
        one("trace()", "", any(2, 3, 3), x -> x.square().trace());
        one("roll(int,int)", "", any(3, 4), x -> x.roll(1, 2).square());
        one("repeat(int[])", "", any(2, 3), x -> x.repeat(2, 1, 3).square());
        one(
                "repeatInterleave(int,int)",
                "",
                any(2, 3),
                x -> x.repeatInterleave(2, 1).square());
    }

    private void assembly() {
        add(
                "concat(int,Tensor[])",
                "",
                List.of(any(2, 3), any(2, 1)),
                in -> Tensor.concat(1, in.get(0), in.get(1)).square());
        add(
                "concat(int,List)",
                "",
                List.of(any(1, 3), any(2, 3)),
                in -> Tensor.concat(0, in).square());
        add(
                "stack(int,Tensor[])",
                "",
                List.of(any(2, 3), any(2, 3)),
                in -> Tensor.stack(1, in.get(0), in.get(1)).square());
        add(
                "stack(int,List)",
                "",
                List.of(any(2, 3), any(2, 3)),
                in -> Tensor.stack(0, in).square());
        one("split(int,int[])", "", any(2, 6), x -> weighted(x.split(1, 1, 3, 2)));
        one("splitEvery(int,int)", "", any(5, 2), x -> weighted(x.splitEvery(0, 2)));
        one("chunk(int,int)", "", any(2, 7), x -> weighted(x.chunk(1, 3)));
    }

    private void products() {
        matmul("vectors", new int[] {4}, new int[] {4});
        matmul("matrix, vector", new int[] {3, 4}, new int[] {4});
        matmul("vector, matrix", new int[] {4}, new int[] {4, 3});
        matmul("matrices", new int[] {3, 4}, new int[] {4, 2});
        matmul("batches", new int[] {2, 3, 4}, new int[] {2, 4, 2});
        matmul("broadcast batches", new int[] {2, 1, 3, 4}, new int[] {3, 4, 2});
        add("dot(Tensor)", "", List.of(any(4), any(4)), in -> in.get(0).dot(in.get(1)));
        add("outer(Tensor)", "", List.of(any(3), any(4)), in -> in.get(0).outer(in.get(1)));
        add(
                "einsum(String,Tensor[])",
                "batched product",
                List.of(any(2, 3, 2), any(2, 2, 3)),
                in -> Tensor.einsum("bij,bjk->bik", in.get(0), in.get(1)));
        add(
                "einsum(String,Tensor[])",
                "three operands",
                List.of(any(3, 2), any(4, 2, 3), any(3, 3)),
                in -> Tensor.einsum("bi,oij,bj->bo", in.toArray(Tensor[]::new)));
        one("einsum(String,Tensor[])", "trace", any(3, 3), x -> Tensor.einsum("ii->", x.square()));
    }

    private void attention() {
        attention("plain", Attention.plain(), any(2, 3, 2), any(2, 4, 2), any(2, 4, 3));
        attention("causal", Attention.plain().causal(), any(2, 2, 3, 2), any(2, 2, 3, 2), any(2, 2, 3, 1));
        attention("causal, fewer keys", Attention.plain().causal(), any(4, 2), any(2, 2), any(2, 2));
        attention("grouped, scale", Attention.plain().scale(0.3), any(1, 4, 3, 2), any(1, 2, 3, 2), any(1, 2, 3, 2));
        Tensor mask = Tensor.of(new boolean[] {true, false, true, false, false, false}, 2, 3);
        attention("mask with an empty row", Attention.plain().mask(mask), any(2, 2), any(3, 2), any(3, 2));
        add(
                ATTENTION,
                "bias",
                List.of(any(1, 2, 2, 2), any(1, 2, 3, 2), any(1, 2, 3, 2), any(2, 1, 3)),
                in -> Attention.plain().mask(in.get(3)).of(in.get(0), in.get(1), in.get(2)));
        one(ATTENTION, "of itself", any(3, 2), x -> x.scaledDotProductAttention(x.mul(2), x));
    }

    private void attention(String note, Attention attention, Tensor q, Tensor k, Tensor v) {
        add(ATTENTION, note, List.of(q, k, v), in -> attention.of(in.get(0), in.get(1), in.get(2)));
    }

    private void matmul(String note, int[] left, int[] right) {
        add(
                "matmul(Tensor)",
                note,
                List.of(any(left), any(right)),
                in -> in.get(0).matmul(in.get(1)));
    }

    private void indexing() {
        Tensor repeated = Tensor.of(new long[] {0, 2, 2, 1, 0, 0}, 2, 3);
        one(
                "gather(int,Tensor)",
                "repeated indices",
                any(2, 4),
                x -> x.gather(1, repeated).square());
        Tensor distinct = Tensor.of(new long[] {0, 3, 4, 1}, 2, 2);
        add(
                "scatter(int,Tensor,Tensor)",
                "",
                List.of(any(2, 5), any(2, 2)),
                in -> in.get(0).scatter(1, distinct, in.get(1)).square());
        add(
                "scatterAdd(int,Tensor,Tensor)",
                "repeated indices",
                List.of(any(2, 5), any(2, 3)),
                in -> in.get(0).scatterAdd(1, repeated, in.get(1)).square());
        Tensor rows = Tensor.of(new long[] {3, 0, 0, 2});
        one(
                "indexSelect(int,Tensor)",
                "",
                any(4, 3),
                x -> x.indexSelect(0, rows).square());
        one("take(Tensor)", "", any(4, 3), x -> x.take(rows).square());
        one("take(Tensor,String)", "", any(4, 3), x -> x.take(rows, "table").square());
        Tensor columns = Tensor.of(new long[] {1, -1, 0, 2});
        one(
                "index(Tensor[])",
                "two indices",
                any(4, 3),
                x -> x.index(rows, columns).square());
        one(
                "maskedSelect(Tensor)",
                "",
                any(3, 4),
                x -> x.maskedSelect(checker(3, 4)).square());
    }

    /** The operations that all others are written with. */
    private void primitives() {
        View.Slice slice = new View.Slice(List.of(1, 5), List.of(1, -2));
        one(
                "sliced(Slice,Shape)",
                "",
                any(3, 6),
                x -> x.sliced(slice, Shape.of(2, 3)).square());
        View.Pad pad = new View.Pad(List.of(1, 0), List.of(0, 2), List.of(0, 1), 0.5);
        one(
                "padded(Pad,Shape)",
                "with gaps",
                any(2, 3),
                x -> x.padded(pad, Shape.of(3, 7)).square());
        one("sumTo(Shape)", "", any(2, 3, 4), x -> x.sumTo(Shape.of(3, 1)).square());
        one(
                "reduce(Kind,int[])",
                "sum",
                any(2, 3),
                x -> x.reduce(Reduce.Kind.SUM, 1).square());
        one("scan(int,boolean)", "reversed", any(2, 4), x -> x.scan(1, true).square());
    }

    private void indexPrimitives() {
        Tensor rows = Tensor.of(new long[] {3, 0, 0, 2});
        one("gatherRows(Tensor)", "", any(4, 3), x -> x.gatherRows(rows).square());
        one(
                "gatherRows(Tensor,String)",
                "",
                any(4, 3),
                x -> x.gatherRows(rows, "table").square());
        for (Scatter.Kind kind : Scatter.Kind.values()) {
            add(
                    "scatterRows(Kind,Tensor,Tensor)",
                    kind + ", a repeated row",
                    List.of(any(4, 3), any(4, 3)),
                    in -> in.get(0).scatterRows(kind, rows, in.get(1)).square());
        }
        add(
                "product(Tensor,DType)",
                "",
                List.of(any(2, 3, 4), any(2, 4, 2)),
                in -> in.get(0).product(in.get(1), in.get(0).dtype()));
        add(
                "elementwise(Elementwise,Tensor[])",
                "mul",
                List.of(any(2, 3), any(3)),
                in -> Primitives.elementwise(Elementwise.MUL, in.get(0), in.get(1)));
        add(
                "concatenated(int,List)",
                "",
                List.of(any(2, 3), any(1, 3)),
                in -> Primitives.concatenated(0, in).square());
    }

    private static Tensor border(Tensor x, PadMode mode) {
        return x.pad(new int[] {0, 2}, new int[] {0, 1}, mode).square();
    }

    /** Squares of all parts, each with another factor, in one vector. */
    private static Tensor weighted(List<Tensor> parts) {
        List<Tensor> flat = new ArrayList<>();
        for (Tensor part : parts) {
            flat.add(part.flatten().square().mul(flat.size() + 1));
        }
        return Tensor.concat(0, flat);
    }

    /** A mask that changes from element to element. */
    private static Tensor checker(int... dims) {
        boolean[] mask = new boolean[(int) Shape.of(dims).size()];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = i % 3 != 1;
        }
        return Tensor.of(mask, dims);
    }
}
