package dev.lamina.bench;

import dev.lamina.core.DType;
import dev.lamina.core.Execution;
import dev.lamina.core.Gradients;
import dev.lamina.core.Plan;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** y = softmax(x) along rows and the gradient of x from that of y, both stored: two arrays read, two written. */
final class Softmax implements Work {
    private static final double BYTES = 4.0 * 4 * RowData.ROWS * RowData.COLUMNS;

    private final RowData data = new RowData();
    private final Execution execution;
    private final Optional<Peers.Rival> rival;

    Softmax() {
        Shape shape = Shape.of(RowData.ROWS, RowData.COLUMNS);
        Tensor input = Tensor.input(DType.F32, shape);
        Tensor above = Tensor.input(DType.F32, shape);
        Tensor output = input.softmax(1);
        Tensor below = Gradients.of(output, above, List.of(input)).get(0);
        execution = Plan.compile(List.of(input, above), List.of(output, below), Map.of())
                .start();
        execution.input(0, data.x);
        execution.input(1, data.upstream);
        rival = Peers.ask(Row.LIBTORCH, peers -> peers.softmax(data.rows(execution.input(0), execution.input(1))));
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
        Tensor x = data.x.cast(DType.F64);
        Tensor exp = x.sub(x.maxKeep(1)).exp();
        Tensor y = exp.div(exp.sumKeep(1));
        Tensor g = data.upstream.cast(DType.F64);
        Tensor gradient = y.mul(g.sub(g.mul(y).sumKeep(1)));
        RowData.close("softmax", List.of(y, gradient), execution, rival, 2e-6);
    }

    @Override
    public Optional<Peer> peer() {
        return rival.map(other -> Peer.of(other, unit()));
    }
}
