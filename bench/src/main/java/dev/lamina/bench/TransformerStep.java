package dev.lamina.bench;

import static dev.lamina.nn.Layers.transformerEncoderLayer;

import dev.lamina.core.Attention;
import dev.lamina.core.DType;
import dev.lamina.core.Execution;
import dev.lamina.core.Gradients;
import dev.lamina.core.Plan;
import dev.lamina.core.Precision;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Layer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A causal pre-norm transformer block, 768 wide, 12 heads, 1024 positions: output, and gradients of input and parameters. */
final class TransformerStep implements Work {
    private static final int HEADS = 12;
    private static final int POSITIONS = 1024;
    private static final int WIDTH = 768;

    /** In the order of the peer's block. */
    private static final List<String> PARAMETERS = List.of(
            "norm1/gamma",
            "norm1/beta",
            "attention/query/kernel",
            "attention/query/bias",
            "attention/key/kernel",
            "attention/key/bias",
            "attention/value/kernel",
            "attention/value/bias",
            "attention/output/kernel",
            "attention/output/bias",
            "norm2/gamma",
            "norm2/beta",
            "feedForward/up/kernel",
            "feedForward/up/bias",
            "feedForward/down/kernel",
            "feedForward/down/bias");

    private final boolean bf16;
    private final Layer block =
            transformerEncoderLayer(HEADS, 4 * WIDTH).preNorm().causal();
    private final List<Tensor> data = new ArrayList<>();
    private final Execution execution;
    private final Optional<Peers.Rival> rival;

    TransformerStep(boolean bf16) {
        this.bf16 = bf16;
        Shape shape = Shape.of(1, POSITIONS, WIDTH);
        data.add(Random.seed(1).normal(shape).evaluate());
        data.add(Random.seed(2).normal(shape).evaluate());
        Tensor x = Tensor.input(DType.F32, shape);
        Tensor upstream = Tensor.input(DType.F32, shape);
        block.seed(1);
        Precision precision = bf16 ? Precision.bf16() : Precision.f32();
        Tensor y = precision.call(() -> block.apply(x));
        List<Tensor> sources = new ArrayList<>(List.of(x));
        Map<String, float[]> values = new LinkedHashMap<>();
        for (String name : PARAMETERS) {
            Variable variable = block.variables().get(name);
            sources.add(variable.value());
            values.put(name, variable.value().toFloatArray());
        }
        List<Tensor> outputs = new ArrayList<>(List.of(y));
        outputs.addAll(Gradients.of(y, upstream, sources));
        execution = Plan.compile(List.of(x, upstream), outputs, Map.of()).start();
        execution.input(0, data.get(0));
        execution.input(1, data.get(1));
        rival = Peers.ask(
                Row.LIBTORCH,
                peers -> peers.transformer(new Peers.Block(
                        HEADS,
                        POSITIONS,
                        WIDTH,
                        bf16,
                        data.get(0).segment(),
                        data.get(1).segment(),
                        List.copyOf(values.values()))));
    }

    @Override
    public void run() {
        execution.run();
    }

    @Override
    public Unit unit() {
        return Unit.cost("ms", 1e3);
    }

    /** Output and gradient of the input are those of the block in f64, for both sides. */
    @Override
    public void check() {
        run();
        List<Tensor> expected = expected();
        Tensor.evaluateAll(expected.toArray(Tensor[]::new));
        float[] theirs = rival.map(other -> {
                    other.run().run();
                    return other.result().get();
                })
                .orElse(new float[0]);
        int at = 0;
        for (int i = 0; i < expected.size(); i++) {
            float[] want = expected.get(i).cast(DType.F32).toFloatArray();
            float[] got = execution.outputTensor(i).toFloatArray();
            double tolerance =
                    (bf16 ? 4e-2 : 5e-5) * expected.get(i).abs().max().item();
            for (int j = 0; j < want.length; j++) {
                Check.close("transformer result " + i + " at " + j, want[j], got[j], tolerance);
                if (theirs.length > 0) {
                    Check.close("the peer's result " + i + " at " + j, want[j], theirs[at++], 2 * tolerance);
                }
            }
        }
    }

    /** The block written out, in f64: output and gradient of the input. */
    private List<Tensor> expected() {
        List<Tensor> p = PARAMETERS.stream()
                .map(name -> block.variables().get(name).value().cast(DType.F64))
                .toList();
        Tensor x = data.get(0).cast(DType.F64);
        Tensor normal = normal(x, p, 0);
        Tensor joined = Attention.plain()
                .causal()
                .of(heads(linear(normal, p, 2)), heads(linear(normal, p, 4)), heads(linear(normal, p, 6)))
                .permute(0, 2, 1, 3)
                .reshape(x.shape());
        Tensor middle = x.add(linear(joined, p, 8));
        Tensor y = middle.add(linear(linear(normal(middle, p, 10), p, 12).gelu(), p, 14));
        return List.of(
                y, Gradients.of(y, data.get(1).cast(DType.F64), List.of(x)).getFirst());
    }

    private static Tensor normal(Tensor x, List<Tensor> p, int at) {
        Tensor centred = x.sub(x.meanKeep(-1));
        Tensor scale = centred.square().meanKeep(-1).add(1e-5).rsqrt();
        return centred.mul(scale).mul(p.get(at)).add(p.get(at + 1));
    }

    private static Tensor linear(Tensor x, List<Tensor> p, int at) {
        return x.matmul(p.get(at)).add(p.get(at + 1));
    }

    /** (1, T, H D) to (1, H, T, D). */
    private static Tensor heads(Tensor x) {
        return x.reshape(1, POSITIONS, HEADS, WIDTH / HEADS).permute(0, 2, 1, 3);
    }

    @Override
    public Optional<Peer> peer() {
        return rival.map(other -> Peer.of(other, unit()));
    }

    @Override
    public int samples() {
        return 11;
    }
}
