package dev.lamina.bench;

import static dev.lamina.nn.Layers.dense;

import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Model;
import dev.lamina.nn.Sequential;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Phaser;

/** One model asked by 64 threads at a time, against one thread that asks as often: what callers cost each other. */
final class Callers implements Work {
    private static final int CALLERS = 64;
    private static final int CALLS = 20;
    private static final int BATCH = 32;

    private final ExecutorService threads = Executors.newFixedThreadPool(CALLERS, body -> {
        Thread thread = new Thread(body, "caller");
        thread.setDaemon(true);
        return thread;
    });
    private final Phaser done = new Phaser(1);
    private final Model model =
            Sequential.of(dense(512).relu(), dense(256).relu(), dense(10).softmax());
    private final Tensor[] inputs = new Tensor[CALLERS];

    Callers() {
        model.seed(1);
        model.initialize(784);
        for (int i = 0; i < CALLERS; i++) {
            inputs[i] = Random.seed(i).normal(Shape.of(BATCH, 784)).evaluate();
        }
    }

    @Override
    public void run() {
        done.bulkRegister(CALLERS);
        for (int i = 0; i < CALLERS; i++) {
            int caller = i;
            threads.execute(() -> {
                try {
                    ask(caller);
                } finally {
                    done.arriveAndDeregister();
                }
            });
        }
        done.arriveAndAwaitAdvance();
    }

    private void runAlone() {
        for (int caller = 0; caller < CALLERS; caller++) {
            ask(caller);
        }
    }

    private void ask(int caller) {
        for (int call = 0; call < CALLS; call++) {
            model.predict(inputs[caller]).evaluate();
        }
    }

    @Override
    public Unit unit() {
        return Unit.rate("samples/s", CALLERS * CALLS * BATCH);
    }

    /** Values with 64 callers are compared, bit for bit, by {@code ManyThreadsTest}. */
    @Override
    public void check() {
        float[] sums = model.predict(inputs[0]).sum(1).toFloatArray();
        for (float sum : sums) {
            Check.that(Math.abs(sum - 1) < 1e-5, "expected probabilities that sum to 1, got " + sum);
        }
    }

    @Override
    public Optional<Peer> peer() {
        return Optional.of(new Peer("ours, one caller", unit(), this::runAlone));
    }
}
