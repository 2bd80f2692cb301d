package dev.lamina.testkit;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The generator of random graphs itself: it builds valid graphs, the same ones from the same seed, of every kind. */
class FuzzSelfTest {
    @Test
    void graphsAreValidAndAgreeWithThemselves() {
        for (long seed = 1; seed <= 300; seed++) {
            GraphFuzz.check("interpreter", seed);
        }
    }

    @Test
    void everyOpFamilyComesUp() {
        Map<String, Integer> ops = new HashMap<>();
        for (long seed = 1; seed <= 1000; seed++) {
            FuzzGraph.of(seed, Integer.MAX_VALUE)
                    .outputs()
                    .forEach(output -> output.tensor()
                            .debug()
                            .lines()
                            .map(line -> line.replaceFirst("^.* = ", "").replaceFirst("[ \\[].*", ""))
                            .forEach(op -> ops.merge(op, 1, Integer::sum)));
        }
        for (String op : new String[] {
            "MatMul",
            "Rows",
            "Over",
            "Scan",
            "Slice",
            "Permute",
            "Expand",
            "Pad",
            "Concat",
            "Reshape",
            "Indices",
            "Uniform",
            "Constant",
            "Data",
            "Read",
            "WHERE",
            "CAST",
            "TANH",
            "POW",
            "REM",
            "XOR"
        }) {
            assertTrue(ops.getOrDefault(op, 0) > 5, op + " came up " + ops.get(op) + " times in " + ops);
        }
    }
}
