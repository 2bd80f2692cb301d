package dev.lamina.bench;

import dev.lamina.bench.Peers.Vision;
import dev.lamina.core.Precision;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.Optional;

/** The classes of one image by ResNet-18, with {@code predict}. */
final class VisionInference implements Work {
    private final Tensor image = Random.seed(1).normal(Shape.of(1, 224, 224, 3)).evaluate();
    private final ResNet18 model = new ResNet18();
    private final double tolerance;
    private final Optional<Peers.Rival> rival;

    VisionInference(String library, boolean bf16) {
        tolerance = bf16 ? 5e-2 : 2e-4;
        model.seed(1);
        model.precision(bf16 ? Precision.bf16() : Precision.f32());
        model.initialize(224, 224, 3);
        Vision vision = new Vision(
                Vision.Net.RESNET18,
                Vision.Use.FORWARD,
                model.parametersForInference(),
                Networks.values(image),
                new int[0],
                Optional.empty(),
                1,
                bf16);
        rival = Peers.ask(library, peers -> peers.vision(vision));
    }

    @Override
    public void run() {
        model.predict(image).evaluate();
    }

    @Override
    public Unit unit() {
        return Unit.cost("ms", 1e3);
    }

    /** The two implementations have nothing in common but the definition of the network. */
    @Override
    public void check() {
        Tensor logits = model.predict(image);
        double largest = logits.abs().max().item();
        Check.that(largest > 0, "resnet18: expected logits other than 0");
        rival.ifPresent(other -> {
            other.run().run();
            Tensor theirs = Tensor.of(other.result().get(), 1, 1000);
            double far = logits.sub(theirs).abs().max().item();
            Check.close("resnet18: farthest logit from " + other.name(), 0, far / largest, tolerance);
        });
    }

    @Override
    public Optional<Peer> peer() {
        return rival.map(other -> Peer.of(other, unit()));
    }
}
