package dev.lamina.testkit;

import com.google.gson.JsonElement;
import dev.lamina.core.Attention;
import dev.lamina.core.DType;
import dev.lamina.core.Index;
import dev.lamina.core.PadMode;
import dev.lamina.core.Tensor;
import dev.lamina.core.ValuesAndIndices;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** The table that says which tensor calls an op of the golden manifest means. */
public final class OpCases {
    private static final Map<String, Call> TABLE = table();

    private OpCases() {}

    /** The inputs and parameters of a case by the name behind the dot. */
    record Inputs(GoldenCase golden) {
        Tensor get(String name) {
            Map<String, Tensor> tensors = golden.tensors();
            Tensor input = tensors.get("in." + name);
            return input != null ? input : golden.tensor("param." + name);
        }

        Tensor x() {
            return get("x");
        }

        Tensor a() {
            return get("a");
        }

        Tensor b() {
            return get("b");
        }

        Tensor index() {
            return get("index");
        }

        List<Tensor> all() {
            return List.copyOf(golden.of("in").values());
        }
    }

    /** What an op computes: inputs and arguments to outputs by role. */
    interface Call {
        Map<String, Tensor> of(Inputs in, Args args);
    }

    /** An op with the one output y. */
    interface One {
        Tensor of(Inputs in, Args args);
    }

    /** True when the table knows the op. */
    public static boolean has(String op) {
        return TABLE.containsKey(op);
    }

    /** The outputs of a case by role, as a lazy graph on the inputs of the case. */
    public static Map<String, Tensor> outputs(GoldenCase golden) {
        return TABLE.get(golden.op()).of(new Inputs(golden), golden.args());
    }

    private static Map<String, Call> table() {
        Map<String, Call> table = new LinkedHashMap<>();
        activations(table);
        elementwise(table);
        functions(table);
        reductions(table);
        positions(table);
        products(table);
        attention(table);
        indexing(table);
        shapes(table);
        patterns(table);
        WindowCases.add(table);
        one(table, "chain", (in, args) -> Chains.of(args.text("graph", ""), in));
        return table;
    }

    private static void one(Map<String, Call> table, String op, One call) {
        table.put(op, (in, args) -> Map.of("y", call.of(in, args)));
    }

    private static void unary(Map<String, Call> table, String op, UnaryOperator<Tensor> call) {
        one(table, op, (in, args) -> call.apply(in.x()));
    }

    private static void binary(Map<String, Call> table, String op, BinaryOperator<Tensor> call) {
        one(table, op, (in, args) -> call.apply(in.a(), in.b()));
    }

    private static void activations(Map<String, Call> table) {
        unary(table, "relu", Tensor::relu);
        one(table, "leaky_relu", (in, args) -> in.x().leakyRelu(args.number("negative_slope", 0.01)));
        one(table, "elu", (in, args) -> in.x().elu(args.number("alpha", 1)));
        unary(table, "selu", Tensor::selu);
        one(table, "celu", (in, args) -> in.x().celu(args.number("alpha", 1)));
        one(
                table,
                "gelu",
                (in, args) -> args.text("approximate", "none").equals("tanh")
                        ? in.x().geluTanh()
                        : in.x().gelu());
        unary(table, "silu", Tensor::silu);
        unary(table, "mish", Tensor::mish);
        one(table, "softplus", (in, args) -> in.x().softplus(args.number("beta", 1)));
        unary(table, "softsign", Tensor::softsign);
        unary(table, "sigmoid", Tensor::sigmoid);
        unary(table, "hardsigmoid", Tensor::hardSigmoid);
        unary(table, "hardswish", Tensor::hardSwish);
        unary(table, "relu6", Tensor::relu6);
        unary(table, "hardtanh", Tensor::hardTanh);
        unary(table, "logsigmoid", Tensor::logSigmoid);
        one(table, "softmax", (in, args) -> in.x().softmax(args.integer("dim", -1)));
        one(table, "log_softmax", (in, args) -> in.x().logSoftmax(args.integer("dim", -1)));
        one(table, "glu", (in, args) -> in.x().glu(args.integer("dim", -1)));
        one(table, "prelu", (in, args) -> prelu(in.x(), in.get("weight")));
    }

    private static void elementwise(Map<String, Call> table) {
        binary(table, "add", Tensor::add);
        binary(table, "sub", Tensor::sub);
        binary(table, "mul", Tensor::mul);
        binary(table, "div", Tensor::div);
        binary(table, "maximum", Tensor::maximum);
        binary(table, "minimum", Tensor::minimum);
        binary(table, "gt", Tensor::gt);
        binary(table, "ge", Tensor::ge);
        binary(table, "eq", Tensor::eq);
        binary(table, "lt", Tensor::lt);
        binary(table, "ne", Tensor::ne);
        binary(table, "pow_tensor", Tensor::pow);
        one(table, "pow", (in, args) -> in.x().pow(args.number("exponent", 1)));
        one(table, "rpow", (in, args) -> in.x().rpow(args.number("base", 1)));
    }

    private static void functions(Map<String, Call> table) {
        unary(table, "exp", Tensor::exp);
        unary(table, "exp2", Tensor::exp2);
        unary(table, "expm1", Tensor::expm1);
        unary(table, "log", Tensor::log);
        unary(table, "log2", Tensor::log2);
        unary(table, "log1p", Tensor::log1p);
        unary(table, "sqrt", Tensor::sqrt);
        unary(table, "rsqrt", Tensor::rsqrt);
        unary(table, "reciprocal", Tensor::reciprocal);
        unary(table, "abs", Tensor::abs);
        unary(table, "neg", Tensor::neg);
        unary(table, "sign", Tensor::sign);
        unary(table, "square", Tensor::square);
        unary(table, "sin", Tensor::sin);
        unary(table, "cos", Tensor::cos);
        unary(table, "tan", Tensor::tan);
        unary(table, "atan", Tensor::atan);
        unary(table, "sinh", Tensor::sinh);
        unary(table, "cosh", Tensor::cosh);
        unary(table, "tanh", Tensor::tanh);
        unary(table, "erf", Tensor::erf);
        unary(table, "floor", Tensor::floor);
        unary(table, "ceil", Tensor::ceil);
        unary(table, "round", Tensor::round);
        one(
                table,
                "clamp",
                (in, args) -> in.x()
                        .clamp(
                                args.number("min", Double.NEGATIVE_INFINITY),
                                args.number("max", Double.POSITIVE_INFINITY)));
        one(table, "where", (in, args) -> in.get("cond").where(in.a(), in.b()));
        one(table, "masked_fill", (in, args) -> in.x().maskedFill(in.get("mask"), args.number("value", 0)));
    }

    /** A reduction that has a form with and a form without the reduced axes. */
    interface Reduction {
        Tensor of(Tensor x, int... axes);
    }

    private static void reduce(Map<String, Call> table, String op, Reduction plain, Reduction keep) {
        one(table, op, (in, args) -> (keeps(args) ? keep : plain).of(in.x(), args.ints("dim")));
    }

    private static boolean keeps(Args args) {
        return args.flag("keepdim", false);
    }

    private static void reductions(Map<String, Call> table) {
        reduce(table, "sum", Tensor::sum, Tensor::sumKeep);
        reduce(table, "mean", Tensor::mean, Tensor::meanKeep);
        reduce(table, "amax", Tensor::max, Tensor::maxKeep);
        reduce(table, "amin", Tensor::min, Tensor::minKeep);
        reduce(table, "prod", Tensor::prod, Tensor::prodKeep);
        reduce(table, "any", Tensor::any, Tensor::any);
        reduce(table, "all", Tensor::all, Tensor::all);
        reduce(table, "logsumexp", Tensor::logsumexp, Tensor::logsumexpKeep);
        one(
                table,
                "var",
                (in, args) -> keeps(args)
                        ? in.x().varKeep(correction(args), args.ints("dim"))
                        : in.x().var(correction(args), args.ints("dim")));
        one(
                table,
                "std",
                (in, args) -> keeps(args)
                        ? in.x().stdKeep(correction(args), args.ints("dim"))
                        : in.x().std(correction(args), args.ints("dim")));
        one(
                table,
                "norm",
                (in, args) -> keeps(args)
                        ? in.x().normKeep(args.number("ord", 2), args.ints("dim"))
                        : in.x().norm(args.number("ord", 2), args.ints("dim")));
        one(table, "normalize", (in, args) -> in.x().normalize(args.number("p", 2), args.integer("dim", 1), 1e-12));
    }

    private static void positions(Map<String, Call> table) {
        one(
                table,
                "argmax",
                (in, args) -> !args.has("dim")
                        ? in.x().argmax()
                        : keeps(args)
                                ? in.x().argmaxKeep(args.integer("dim", 0))
                                : in.x().argmax(args.integer("dim", 0)));
        one(
                table,
                "argmin",
                (in, args) -> !args.has("dim")
                        ? in.x().argmin()
                        : keeps(args)
                                ? in.x().argminKeep(args.integer("dim", 0))
                                : in.x().argmin(args.integer("dim", 0)));
        two(table, "max", (x, args) -> x.maxAlong(args.integer("dim", 0)));
        two(table, "min", (x, args) -> x.minAlong(args.integer("dim", 0)));
        one(table, "cumsum", (in, args) -> in.x().cumsum(args.integer("dim", 0)));
        one(table, "cumprod", (in, args) -> in.x().cumprod(args.integer("dim", 0)));
        two(table, "sort", (x, args) -> x.sort(args.integer("dim", -1), args.flag("descending", false)));
        two(
                table,
                "topk",
                (x, args) -> x.topK(args.integer("k", 1), args.integer("dim", -1), args.flag("largest", true)));
    }

    private static int correction(Args args) {
        return args.flag("unbiased", true) ? 1 : 0;
    }

    /** An op that gives values and where they stood. */
    interface Two {
        ValuesAndIndices of(Tensor x, Args args);
    }

    private static void two(Map<String, Call> table, String op, Two call) {
        table.put(op, (in, args) -> {
            ValuesAndIndices both = call.of(in.x(), args);
            return Map.of("values", both.values(), "indices", both.indices());
        });
    }

    private static void products(Map<String, Call> table) {
        binary(table, "matmul", Tensor::matmul);
        binary(table, "bmm", Tensor::matmul);
        binary(table, "outer", Tensor::outer);
        one(
                table,
                "einsum",
                (in, args) -> Tensor.einsum(args.text("equation", ""), in.all().toArray(Tensor[]::new)));
    }

    private static void attention(Map<String, Call> table) {
        table.put("scaled_dot_product_attention", (in, args) -> {
            Attention attention = args.flag("causal", false) ? Attention.plain().causal() : Attention.plain();
            if (in.golden().tensors().containsKey("in.mask")) {
                attention = attention.mask(in.get("mask"));
            }
            Tensor y = attention.of(in.get("q"), in.get("k"), in.get("v"));
            return Map.of("y", y, "weights", attention.weights(in.get("q"), in.get("k")));
        });
    }

    private static void indexing(Map<String, Call> table) {
        one(table, "gather", (in, args) -> in.x().gather(args.integer("dim", 0), in.index()));
        one(table, "scatter", (in, args) -> in.x().scatter(args.integer("dim", 0), in.index(), in.get("src")));
        one(table, "scatter_add", (in, args) -> in.x().scatterAdd(args.integer("dim", 0), in.index(), in.get("src")));
        one(table, "index_select", (in, args) -> in.x().indexSelect(args.integer("dim", 0), in.index()));
        // x[i, j] on a matrix: one gather in the flattened elements
        one(
                table,
                "index",
                (in, args) -> in.x()
                        .flatten()
                        .indexSelect(0, in.get("i").mul(in.x().dim(1)).add(in.get("j"))));
        one(table, "masked_select", (in, args) -> in.x().maskedSelect(in.get("mask")));
        one(table, "nonzero", (in, args) -> in.x().nonzero());
        one(table, "one_hot", (in, args) -> in.x().oneHot(args.integer("num_classes", 0), DType.I64));
        one(table, "slice", (in, args) -> in.x().slice(indices(args)));
    }

    private static void shapes(Map<String, Call> table) {
        one(table, "cat", (in, args) -> Tensor.concat(args.integer("dim", 0), in.all()));
        one(
                table,
                "stack",
                (in, args) -> Tensor.stack(args.integer("dim", 0), in.all().toArray(Tensor[]::new)));
        table.put("split", (in, args) -> numbered(split(in.x(), args.ints("sizes"), args.integer("dim", 0))));
        table.put("chunk", (in, args) -> numbered(in.x().chunk(args.integer("dim", 0), args.integer("chunks", 1))));
        one(
                table,
                "pad",
                (in, args) -> padded(in.x(), args.ints("pad"), args.text("mode", "constant"), args.number("value", 0)));
        one(table, "transpose", (in, args) -> in.x().transpose(args.ints("dims")[0], args.ints("dims")[1]));
        one(table, "permute", (in, args) -> in.x().permute(args.ints("dims")));
        one(table, "reshape", (in, args) -> in.x().reshape(args.ints("shape")));
        one(table, "flatten", (in, args) -> in.x().flatten(args.integer("start_dim", 0), args.integer("end_dim", -1)));
        one(table, "squeeze", (in, args) -> in.x().squeeze(args.ints("dim")));
        one(table, "unsqueeze", (in, args) -> in.x().unsqueeze(args.integer("dim", 0)));
        one(table, "expand", (in, args) -> in.x().expand(args.ints("shape")));
    }

    private static void patterns(Map<String, Call> table) {
        one(table, "tril", (in, args) -> in.x().tril(args.integer("diagonal", 0)));
        one(table, "triu", (in, args) -> in.x().triu(args.integer("diagonal", 0)));
        one(table, "roll", (in, args) -> roll(in.x(), args.ints("dims"), args.ints("shifts")));
        one(table, "flip", (in, args) -> in.x().flip(args.ints("dims")));
        one(table, "repeat", (in, args) -> in.x().repeat(args.ints("repeats")));
        one(
                table,
                "repeat_interleave",
                (in, args) -> in.x().repeatInterleave(args.integer("repeats", 1), args.integer("dim", 0)));
        one(table, "diag", (in, args) -> in.x().diag());
    }

    private static Tensor prelu(Tensor x, Tensor weight) {
        int[] dims = IntStream.range(0, x.rank())
                .map(axis -> axis == 1 ? weight.dim(0) : 1)
                .toArray();
        return x.relu().sub(x.neg().relu().mul(weight.reshape(dims)));
    }

    private static Tensor roll(Tensor x, int[] axes, int[] shifts) {
        Tensor rolled = x;
        for (int i = 0; i < axes.length; i++) {
            rolled = rolled.roll(axes[i], shifts[i]);
        }
        return rolled;
    }

    private static List<Tensor> split(Tensor x, int[] sizes, int axis) {
        return sizes.length == 1 ? x.splitEvery(axis, sizes[0]) : x.split(axis, sizes);
    }

    private static Map<String, Tensor> numbered(List<Tensor> parts) {
        Map<String, Tensor> outputs = new TreeMap<>();
        parts.forEach(part -> outputs.put("y" + outputs.size(), part));
        return outputs;
    }

    /** The manifest's slice: [start, stop, step], an integer, null = new axis, "..." = ellipsis. */
    private static Index[] indices(Args args) {
        List<Index> indices = new ArrayList<>();
        for (JsonElement element : args.array("index")) {
            if (element.isJsonNull()) {
                indices.add(Index.newAxis());
            } else if (element.isJsonArray()) {
                indices.add(range(element.getAsJsonArray().asList()));
            } else if (element.getAsJsonPrimitive().isString()) {
                indices.add(Index.ellipsis());
            } else {
                indices.add(Index.at(element.getAsInt()));
            }
        }
        return indices.toArray(Index[]::new);
    }

    private static Index range(List<JsonElement> parts) {
        JsonElement start = parts.get(0);
        JsonElement stop = parts.get(1);
        int step = parts.get(2).isJsonNull() ? 1 : parts.get(2).getAsInt();
        if (start.isJsonNull() && stop.isJsonNull()) {
            return Index.every(step);
        }
        if (stop.isJsonNull() && step == 1) {
            return Index.from(start.getAsInt());
        }
        if (start.isJsonNull() && step == 1) {
            return Index.to(stop.getAsInt());
        }
        int from = start.isJsonNull() ? 0 : start.getAsInt();
        return Index.range(from, stop.isJsonNull() ? Integer.MAX_VALUE : stop.getAsInt(), step);
    }

    /**
     * Pads with a value or with elements of the tensor.
     *
     * @param pad (before, after) for each axis from the last one backwards
     * @param mode constant, reflect, replicate or circular
     */
    private static Tensor padded(Tensor x, int[] pad, String mode, double value) {
        int[] before = new int[x.rank()];
        int[] after = new int[x.rank()];
        for (int i = 0; 2 * i < pad.length; i++) {
            before[x.rank() - 1 - i] = pad[2 * i];
            after[x.rank() - 1 - i] = pad[2 * i + 1];
        }
        if (mode.equals("constant")) {
            return x.pad(before, after, value);
        }
        return x.pad(before, after, PadMode.valueOf(mode.toUpperCase(Locale.ROOT)));
    }
}
