package dev.lamina.bench;

import dev.lamina.core.Attention;
import dev.lamina.core.DType;
import dev.lamina.core.Execution;
import dev.lamina.core.Gradients;
import dev.lamina.core.Plan;
import dev.lamina.core.Precision;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.op.Fused;
import dev.lamina.core.op.Node;
import dev.lamina.core.op.Packed;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Causal attention of 12 heads, 1024 positions and 64 columns, forward and backward. */
final class AttentionStep implements Work {
    private static final int HEADS = 12;
    private static final int POSITIONS = 1024;
    private static final int WIDTH = 64;
    private static final Shape SHAPE = Shape.of(1, HEADS, POSITIONS, WIDTH);

    private final boolean bf16;
    private final List<Tensor> data = new ArrayList<>();
    private final List<Packed> parts = new ArrayList<>();
    private final Execution execution;
    private final Optional<Peers.Rival> rival;

    AttentionStep(boolean bf16) {
        this.bf16 = bf16;
        List<Tensor> inputs = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            data.add(Random.seed(i).normal(SHAPE).evaluate());
            inputs.add(Tensor.input(DType.F32, SHAPE));
        }
        Precision precision = bf16 ? Precision.bf16() : Precision.f32();
        Tensor y = precision.call(() -> Attention.plain().causal().of(inputs.get(0), inputs.get(1), inputs.get(2)));
        Tensor dq = Gradients.of(y, inputs.get(3), inputs.subList(0, 3)).getFirst();
        execution =
                Plan.compile(inputs, List.of(packed(y), packed(dq)), Map.of()).start();
        for (int i = 0; i < 4; i++) {
            execution.input(i, data.get(i));
        }
        rival = Peers.ask(
                Row.LIBTORCH,
                peers -> peers.attention(new Peers.Heads(
                        HEADS,
                        POSITIONS,
                        WIDTH,
                        bf16,
                        data.get(0).segment(),
                        data.get(1).segment(),
                        data.get(2).segment(),
                        data.get(3).segment())));
    }

    /** What the kernel writes, of which a result is a part; as users have it, where products read the parts. */
    private Tensor packed(Tensor part) {
        Node node = part.node();
        while (!(node.op() instanceof Fused)) {
            node = node.input(0);
        }
        parts.add(
                node.op() instanceof Fused.Attention attention
                        ? attention.parts(node.inputs())
                        : ((Fused.AttentionGradient) node.op()).parts(node.inputs()));
        return Tensor.of(node);
    }

    @Override
    public void run() {
        execution.run();
    }

    @Override
    public Unit unit() {
        return Unit.cost("ms", 1e3);
    }

    @Override
    public void check() {
        run();
        List<Tensor> wide = data.stream().map(x -> x.cast(DType.F64)).toList();
        Tensor y = Attention.plain().causal().of(wide.get(0), wide.get(1), wide.get(2));
        List<Tensor> expected = new ArrayList<>(List.of(y));
        expected.addAll(Gradients.of(y, wide.get(3), wide.subList(0, 3)));
        Tensor.evaluateAll(expected.toArray(Tensor[]::new));
        float[] theirs = rival.map(other -> {
                    other.run().run();
                    return other.result().get();
                })
                .orElse(new float[0]);
        int at = 0;
        for (int i = 0; i < 4; i++) {
            Tensor ours = parts.get(Math.min(i, 1))
                    .part(execution.outputTensor(Math.min(i, 1)), Math.max(0, i - 1))
                    .permute(0, 2, 1, 3);
            float[] want = expected.get(i).cast(DType.F32).toFloatArray();
            float[] got = ours.toFloatArray();
            double largest = expected.get(i).abs().max().item();
            double tolerance = (bf16 ? 2e-2 : 2e-5) * largest;
            for (int j = 0; j < want.length; j++) {
                Check.close("attention result " + i + " at " + j, want[j], got[j], tolerance);
                if (theirs.length > 0) {
                    Check.close("the peer's result " + i + " at " + j, want[j], theirs[at++], 2 * tolerance);
                }
            }
        }
    }

    @Override
    public Optional<Peer> peer() {
        return rival.map(other -> Peer.of(other, unit()));
    }
}
