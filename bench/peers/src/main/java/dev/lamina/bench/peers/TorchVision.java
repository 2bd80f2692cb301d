package dev.lamina.bench.peers;

import dev.lamina.bench.Peers.Values;
import dev.lamina.bench.Peers.Vision;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.CompilationUnit;
import org.bytedeco.pytorch.Function;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Networks of convolutions with LibTorch, written in TorchScript (networks.py), in one layout of memory. */
final class TorchVision {
    private static final double RATE = 1e-3;

    private final Vision vision;
    private final boolean channelsLast;
    private final Function forward;
    private final IValue parameterList;
    private final IValue bufferList;
    private final Tensor[] parameters;
    private final Tensor[] images;
    private final Tensor[] labels;
    private final Latest latest = new Latest();
    /** Owns the functions. */
    private final CompilationUnit unit;

    private final Runnable run;
    private float loss;

    TorchVision(Vision vision, boolean channelsLast) {
        this.vision = vision;
        this.channelsLast = channelsLast;
        boolean train = vision.use() == Vision.Use.TRAIN;
        parameters = vision.parameters().stream()
                .map(values -> parameter(tensor(values)))
                .toArray(Tensor[]::new);
        List<Tensor> buffers = buffers();
        unit = torch.compile(script()
                + TorchLists.pack("parameters", parameters.length)
                + TorchLists.pack("buffers", buffers.size()));
        forward = unit.get_function(new QualifiedName(name(vision)));
        parameterList = TorchLists.call(unit, "parameters", List.of(parameters));
        bufferList = TorchLists.call(unit, "buffers", buffers);
        Tensor all = tensor(vision.images());
        int batches = train ? vision.labels().length / vision.batch() : 1;
        images = new Tensor[batches];
        labels = new Tensor[train ? batches : 0];
        for (int i = 0; i < batches; i++) {
            long from = (long) i * vision.batch();
            images[i] = train ? layout(all.narrow(0, from, vision.batch())) : all;
            if (train) {
                labels[i] = torch.from_blob(classes(), new long[] {vision.labels().length})
                        .narrow(0, from, vision.batch())
                        .to(torch.ScalarType.Long);
            }
        }
        run = switch (vision.use()) {
            case FORWARD -> this::infer;
            case BACKWARD, BOTH -> backward();
            case TRAIN -> train();
        };
    }

    private static String name(Vision vision) {
        return switch (vision.net()) {
            case CONV -> "conv";
            case LENET -> "lenet";
            case RESNET18 -> vision.use() == Vision.Use.TRAIN ? "resnet18" : "resnet18_folded";
        };
    }

    static String script() {
        try (InputStream in = TorchVision.class.getResourceAsStream("networks.py")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Address classes() {
        float[] values = new float[vision.labels().length];
        for (int i = 0; i < values.length; i++) {
            values[i] = vision.labels()[i];
        }
        return Address.of(values);
    }

    /** Images and kernels in LibTorch's order of axes. */
    private Tensor tensor(Values values) {
        int[] shape = values.shape();
        long[] dims = Arrays.stream(shape).asLongStream().toArray();
        Tensor ours = torch.from_blob(Address.of(values.numbers()), dims);
        if (shape.length != 4) {
            return ours;
        }
        boolean isImage =
                values == vision.images() || vision.upstream().stream().anyMatch(g -> g == values);
        return layout(isImage ? ours.permute(0, 3, 1, 2) : ours.permute(3, 2, 0, 1));
    }

    private Tensor layout(Tensor tensor) {
        Tensor result =
                tensor.contiguous(channelsLast ? torch.MemoryFormat.ChannelsLast : torch.MemoryFormat.Contiguous);
        return vision.bf16() && vision.use() != Vision.Use.TRAIN ? result.to(torch.ScalarType.BFloat16) : result;
    }

    private Tensor parameter(Tensor tensor) {
        if (vision.use() == Vision.Use.TRAIN) {
            return tensor.set_requires_grad(true);
        }
        return vision.bf16() ? tensor.to(torch.ScalarType.BFloat16) : tensor;
    }

    /** Running means and variances of ResNet in training. */
    private List<Tensor> buffers() {
        List<Tensor> buffers = new ArrayList<>();
        if (name(vision).equals("resnet18")) {
            for (int i = 0; i < parameters.length - 2; i += 3) {
                buffers.add(torch.zeros_like(parameters[i + 1].detach()));
                buffers.add(torch.ones_like(parameters[i + 1].detach()));
            }
        }
        return buffers;
    }

    private Tensor forward(Tensor x) {
        return forward.apply(new IValueVector(parameterList, bufferList, new IValue(x)))
                .toTensor();
    }

    private void infer() {
        latest.keep(() -> {
            try (NoGradGuard _ = new NoGradGuard()) {
                Tensor y = forward(images[0]);
                return new Tensor[] {y};
            }
        });
    }

    private Runnable backward() {
        boolean both = vision.use() == Vision.Use.BOTH;
        Tensor upstream = tensor(vision.upstream().orElseThrow());
        Tensor x = images[0].detach().set_requires_grad(true);
        Tensor w = parameters[0].detach().set_requires_grad(true);
        Tensor once = convolved(x, w);
        TensorVector inputs = new TensorVector(x, w);
        TensorVector above = new TensorVector(upstream);
        return () -> latest.keep(() -> {
            Tensor y = both ? convolved(x, w) : once;
            TensorVector g = torch.grad(new TensorVector(y), inputs, above, new BoolOptional(!both), false, false);
            return both ? new Tensor[] {y.detach(), g.get(0), g.get(1)} : new Tensor[] {g.get(0), g.get(1)};
        });
    }

    private static Tensor convolved(Tensor x, Tensor w) {
        long[] ones = {1, 1};
        return torch.conv2d(
                x, w, new org.bytedeco.pytorch.TensorOptional(), ones, ones, ones, x.size(1) / w.size(1));
    }

    private Runnable train() {
        FusedAdam adam = new FusedAdam(parameters, RATE);
        return () -> {
            Tensor sum = torch.zeros(1);
            for (int i = 0; i < images.length; i++) {
                try (PointerScope _ = new PointerScope()) {
                    for (Tensor parameter : parameters) {
                        parameter.mutable_grad().reset();
                    }
                    Tensor value = autocast(images[i], labels[i]);
                    value.backward();
                    adam.step();
                    sum.add_(value.detach());
                }
            }
            loss = (float) (sum.item_double() / images.length);
        };
    }

    private Tensor autocast(Tensor x, Tensor y) {
        if (!vision.bf16()) {
            return torch.cross_entropy_loss(forward(x), y);
        }
        torch.set_autocast_enabled(torch.DeviceType.CPU, true);
        torch.set_autocast_dtype(torch.DeviceType.CPU, torch.ScalarType.BFloat16);
        torch.increment_nesting();
        Tensor value = torch.cross_entropy_loss(forward(x), y);
        torch.decrement_nesting();
        torch.clear_cache();
        torch.set_autocast_enabled(torch.DeviceType.CPU, false);
        return value;
    }

    void run() {
        run.run();
    }

    /** In our order of axes. */
    float[] result() {
        return switch (vision.use()) {
            case TRAIN -> new float[] {loss};
            case FORWARD -> latest.values(List.of(TorchVision::image));
            case BACKWARD -> latest.values(List.of(TorchVision::image, TorchVision::kernel));
            case BOTH -> latest.values(List.of(TorchVision::image, TorchVision::image, TorchVision::kernel));
        };
    }

    private static Tensor image(Tensor y) {
        return y.dim() == 4 ? y.permute(0, 2, 3, 1) : y;
    }

    private static Tensor kernel(Tensor w) {
        return w.permute(2, 3, 1, 0);
    }
}
