package dev.lamina.testkit;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

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

    /** Kinds in 2,000 products: published as the test's report, and none is rare. */
    @Test
    void everyKindOfProductComesUpWithEveryType(TestReporter reporter) {
        Map<String, Integer> counts = ProductFuzz.coverage(GraphFuzz.firstSeed(), 2000);
        reporter.publishEntry("2000 products", counts.toString());
        for (String type : new String[] {"f32", "f32 as bf16", "bf16", "f64", "f16", "i8", "u8", "i32", "i64"}) {
            assertOften(counts, type, 100);
            for (String transposes : new String[] {"NN", "NT", "TN", "TT"}) {
                assertOften(counts, type + ", transposes " + transposes, 15);
            }
            for (ProductFuzz.Layout layout : ProductFuzz.Layout.values()) {
                assertOften(counts, type + ", A " + layout, 1);
                assertOften(counts, type + ", B " + layout, 1);
            }
            for (ProductFuzz.Batch batch : ProductFuzz.Batch.values()) {
                assertOften(counts, type + ", batch " + batch, 1);
            }
            for (ProductFuzz.Epilogue epilogue : ProductFuzz.Epilogue.of(type.contains("f") ? DType.F32 : DType.I8)) {
                assertOften(counts, type + ", epilogue " + epilogue, 5);
            }
        }
        assertOften(counts, "f32, M large", 5);
        assertOften(counts, "f32, N large", 5);
        for (String size : new String[] {"M ", "N ", "K "}) {
            for (String range : new String[] {"1", "to 32", "to 199", "to 299", "300"}) {
                assertOften(counts, size + range, 10);
            }
        }
    }

    private static void assertOften(Map<String, Integer> counts, String kind, int least) {
        assertTrue(
                counts.getOrDefault(kind, 0) >= least, kind + " came up " + counts.get(kind) + " times in " + counts);
    }
}
