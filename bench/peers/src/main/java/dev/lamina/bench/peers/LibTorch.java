package dev.lamina.bench.peers;

import dev.lamina.bench.Peers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** LibTorch, run eagerly: operation by operation, with its gradients. */
public final class LibTorch implements Peers {
    /** For the service loader. */
    public LibTorch() {}

    @Override
    public String library() {
        return "LibTorch";
    }

    /** As many threads as ours; says what it is. */
    static String start(String what) {
        torch.set_num_threads(Integer.getInteger("lamina.threads", 1));
        try {
            return "LibTorch " + Loader.getVersion("org.bytedeco", "pytorch") + " " + what;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Shares the memory. */
    static Tensor tensor(MemorySegment values, long... shape) {
        return torch.from_blob(Address.of(values), shape);
    }

    @Override
    public Optional<Rival> chain(MemorySegment values, long count) {
        String name = start("eager, one operation after the other");
        Tensor x = tensor(values, count);
        Scalar[] numbers = {scalar(0.5), scalar(0.25), scalar(-4), scalar(0.125), scalar(6)};
        Runnable run = () -> {
            try (PointerScope _ = new PointerScope();
                    NoGradGuard _ = new NoGradGuard()) {
                Tensor y = x.mul(numbers[0]);
                y.add_(numbers[1]).clamp_min_(numbers[2]).exp_();
                y.mul_(x).sub_(numbers[3]).clamp_max_(numbers[4]).add_(x);
            }
        };
        return Optional.of(new Rival(name, run, () -> new float[0]));
    }

    private static Scalar scalar(double value) {
        return new Scalar(value);
    }

    @Override
    public Optional<Rival> softmax(Rows rows) {
        String name = start("softmax and its backward");
        Tensor x = tensor(rows.x(), rows.rows(), rows.columns()).set_requires_grad(true);
        Tensor upstream = tensor(rows.upstream(), rows.rows(), rows.columns());
        Latest latest = new Latest();
        return Optional.of(new Rival(
                name,
                () -> latest.keep(() -> {
                    Tensor y = torch.softmax(x, 1, new ScalarTypeOptional());
                    TensorVector g = torch.grad(
                            new TensorVector(y),
                            new TensorVector(x),
                            new TensorVector(upstream),
                            new BoolOptional(),
                            false,
                            false);
                    return new Tensor[] {y, g.get(0)};
                }),
                latest::values));
    }

    @Override
    public Optional<Rival> layerNorm(Rows rows) {
        String name = start("layer_norm and its backward");
        Tensor x = tensor(rows.x(), rows.rows(), rows.columns()).set_requires_grad(true);
        Tensor scale = tensor(rows.scale(), rows.columns()).set_requires_grad(true);
        Tensor shift = tensor(rows.shift(), rows.columns()).set_requires_grad(true);
        Tensor upstream = tensor(rows.upstream(), rows.rows(), rows.columns());
        Latest latest = new Latest();
        long[] shape = {rows.columns()};
        return Optional.of(new Rival(
                name,
                () -> latest.keep(() -> {
                    Tensor y = torch.layer_norm(
                            x, shape, new TensorOptional(scale), new TensorOptional(shift), rows.epsilon(), true);
                    TensorVector g = torch.grad(
                            new TensorVector(y),
                            new TensorVector(x, scale, shift),
                            new TensorVector(upstream),
                            new BoolOptional(),
                            false,
                            false);
                    return new Tensor[] {y, g.get(0), g.get(1), g.get(2)};
                }),
                latest::values));
    }

    @Override
    public Optional<Rival> attention(Heads heads) {
        String type = heads.bf16() ? " in bf16" : "";
        return Optional.of(TorchAttention.heads(heads, start("scaled_dot_product_attention and its backward" + type)));
    }

    @Override
    public Optional<Rival> transformer(Block block) {
        String type = block.bf16() ? ", parameters in bf16 too" : "";
        return Optional.of(TorchAttention.block(block, start("eager, scaled_dot_product_attention" + type)));
    }

    @Override
    public Optional<Rival> train(Training training) {
        String name = start(
                training.rule() == Training.Rule.CLASSES_ADAM
                        ? "eager, fused Adam" + (training.bf16() ? ", autocast" : "")
                        : "eager, SGD");
        TorchTraining trained = new TorchTraining(training);
        return Optional.of(new Rival(name, trained::pass, () -> new float[] {(float) trained.loss()}));
    }

    @Override
    public Optional<Rival> recurrence(Recurrence recurrence) {
        String name = start("torch." + recurrence.cell().name().toLowerCase(Locale.ROOT) + ", fused Adam");
        TorchRecurrence trained = new TorchRecurrence(recurrence);
        return Optional.of(new Rival(name, trained::pass, () -> new float[] {trained.loss()}));
    }

    /** The faster of the two layouts of memory that its users choose from. */
    @Override
    public Optional<Rival> vision(Vision vision) {
        String how = vision.use() == Vision.Use.TRAIN
                ? "fused Adam" + (vision.bf16() ? ", autocast" : "")
                : (vision.bf16() ? "bf16" : "f32");
        TorchVision contiguous = new TorchVision(vision, false);
        TorchVision channelsLast = new TorchVision(vision, true);
        boolean last = seconds(channelsLast) < seconds(contiguous);
        String name = start(how + (last ? ", channels last" : ", channels first"));
        // A training that has begun is not the one to compare.
        TorchVision best = new TorchVision(vision, last);
        return Optional.of(new Rival(name, best::run, best::result));
    }

    /** The best of some runs. */
    private static double seconds(TorchVision vision) {
        double best = Double.POSITIVE_INFINITY;
        for (int i = 0; i < 6; i++) {
            long start = System.nanoTime();
            vision.run();
            best = Math.min(best, (System.nanoTime() - start) * 1e-9);
        }
        return best;
    }
}
