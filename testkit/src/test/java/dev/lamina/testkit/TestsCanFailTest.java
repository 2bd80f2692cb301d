package dev.lamina.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A wrong value, gradient or backend is found, and the message says where. */
class TestsCanFailTest {
    @Test
    void aWrongBackendIsFoundByRandomGraphs() {
        int found = 0;
        for (long seed = 1; seed <= 40; seed++) {
            long each = seed;
            try {
                GraphFuzz.check("faulty", each);
            } catch (AssertionError e) {
                found += e.getMessage().contains("values wrong") ? 1 : 0;
                assertTrue(e.getMessage().contains("fuzz seed " + each), e.getMessage());
                assertTrue(e.getMessage().contains("-Dlamina.fuzz.seed=" + each), e.getMessage());
            }
        }
        // some graphs have an empty last output
        assertTrue(found >= 30, "only " + found + " of 40 graphs showed the fault");
    }

    @Test
    void aWrongBackendIsFoundByEveryGoldenCase() {
        List<GoldenCase> cases = Golden.cases(Set.of("activations"));
        for (GoldenCase golden : cases) {
            OnBackend.of(
                    "faulty",
                    () -> assertThrows(
                            AssertionError.class,
                            () -> {
                                Map<String, Tensor> outputs = OpCases.outputs(golden);
                                Golden.check(golden, outputs, Golden.gradients(golden, outputs));
                            },
                            golden.name()));
        }
    }

    @Test
    void messageNamesCaseRoleIndexAndError() {
        GoldenCase golden = Golden.cases(Set.of("ops")).getFirst();
        Tensor wrong = golden.tensor("out.y").add(Tensor.of(new float[] {0, 0, 0, 0, 0.5f, 0}, 2, 3));
        Map<String, Tensor> gradients = Map.of("gin.a", golden.tensor("gin.a"), "gin.b", golden.tensor("gin.b"));
        String message = assertThrows(AssertionError.class, () -> Golden.check(golden, Map.of("y", wrong), gradients))
                .getMessage();
        assertTrue(message.contains("add.same:"), message);
        assertTrue(message.contains("role out.y, index (1, 1): expected "), message);
        assertTrue(message.contains("1 of 6 values wrong, max error 0.5"), message);
    }

    @Test
    void missingAndUnknownRolesAreNamed() {
        GoldenCase golden = Golden.cases(Set.of("ops")).getFirst();
        String message = assertThrows(
                        AssertionError.class, () -> Golden.check(golden, Map.of("z", golden.tensor("out.y")), Map.of()))
                .getMessage();
        assertTrue(message.contains("role out.y: expected a tensor, got none"), message);
        assertTrue(message.contains("roles that the fixture does not have: [out.z]"), message);
    }

    @Test
    void aWrongGradientIsFound() {
        Tensor x = Tensor.of(new double[] {0.5, -1.5, 2});
        // the value of x * x with the gradient of 2x cut off
        GradientCheck.Result lost =
                GradientCheck.check(in -> in.get(0).mul(in.get(0).stopGradient()), List.of(x), 1);
        assertEquals(0.5, lost.first(), 1e-6);
        assertTrue(!lost.passes());
        GradientCheck.Result right = GradientCheck.check(in -> in.get(0).square(), List.of(x), 1);
        assertTrue(right.passes(), right::toString);
    }
}
