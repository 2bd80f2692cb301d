package dev.lamina.bench;

import dev.lamina.core.DType;
import dev.lamina.core.Execution;
import dev.lamina.core.Gradients;
import dev.lamina.core.Plan;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Layer normalization of rows with scale and shift, and the gradients of input, scale and shift: two arrays read, two written. */
final class LayerNorm implements Work {
    private static final double BYTES = 4.0 * 4 * RowData.ROWS * RowData.COLUMNS;

    private final RowData data = new RowData();
    private final Execution execution;
    private final Optional<Peers.Rival> rival;

    LayerNorm() {
        Shape shape = Shape.of(RowData.ROWS, RowData.COLUMNS);
        Tensor input = Tensor.input(DType.F32, shape);
        Tensor above = Tensor.input(DType.F32, shape);
        Tensor scale = Tensor.input(DType.F32, Shape.of(RowData.COLUMNS));
        Tensor shift = Tensor.input(DType.F32, Shape.of(RowData.COLUMNS));
        execution = Plan.compile(List.of(input, above, scale, shift), outputs(input, above, scale, shift), Map.of())
                .start();
        execution.input(0, data.x);
        execution.input(1, data.upstream);
        execution.input(2, data.scale);
        execution.input(3, data.shift);
        rival = Peers.ask(Row.LIBTORCH, peers -> peers.layerNorm(data.rows(execution.input(0), execution.input(1))));
    }

    /** As layer {@code layerNorm} of nn does it. */
    private static List<Tensor> outputs(Tensor x, Tensor above, Tensor scale, Tensor shift) {
        Tensor centred = x.sub(x.meanKeep(-1));
        Tensor normal =
                centred.mul(centred.square().meanKeep(-1).add(RowData.EPSILON).rsqrt());
        Tensor y = normal.mul(scale).add(shift);
        List<Tensor> outputs = new ArrayList<>(List.of(y));
        outputs.addAll(Gradients.of(y, above, List.of(x, scale, shift)));
        return outputs;
    }

    @Override
    public void run() {
        execution.run();
    }

    @Override
    public Unit unit() {
        return Unit.rate("GB/s", BYTES * 1e-9);
    }

    @Override
    public void check() {
        run();
        Tensor scale = data.scale.cast(DType.F64);
        Tensor above = data.upstream.cast(DType.F64);
        Tensor x = data.x.cast(DType.F64);
        Tensor centred = x.sub(x.meanKeep(-1));
        Tensor spread = centred.square().meanKeep(-1).add(RowData.EPSILON).rsqrt();
        Tensor normal = centred.mul(spread);
        Tensor g = above.mul(scale);
        Tensor gradient = g.sub(g.meanKeep(-1))
                .sub(normal.mul(g.mul(normal).meanKeep(-1)))
                .mul(spread);
        List<Tensor> expected = List.of(
                normal.mul(scale).add(data.shift.cast(DType.F64)),
                gradient,
                above.mul(normal).sum(0),
                above.sum(0));
        RowData.close("layer norm", expected, execution, rival, 2e-6);
    }

    @Override
    public Optional<Peer> peer() {
        return rival.map(other -> Peer.of(other, unit()));
    }
}
