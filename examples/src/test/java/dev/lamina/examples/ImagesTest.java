package dev.lamina.examples;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.nn.Evaluation;
import dev.lamina.testkit.Shared;
import org.junit.jupiter.api.Test;

/** The networks for images learn real data; shortened. LeNet on all of MNIST, three epochs: 0.9921. */
class ImagesTest {
    @Test
    void leNetLearnsDigits() {
        Evaluation result = LeNet.run(Shared.path("data/mnist"), 3000, 2);
        assertTrue(result.metric("accuracy") > 0.88, result.toString());
    }

    @Test
    void aSmallResNetLearnsPictures() {
        Evaluation result = SmallResNet.run(Shared.path("data/cifar-10-subset"), 1500, 4);
        assertTrue(result.metric("accuracy") > 0.3, result.toString());
    }
}
