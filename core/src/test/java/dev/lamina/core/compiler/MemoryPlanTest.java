package dev.lamina.core.compiler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Values alive at the same time never overlap, and memory is reused. */
class MemoryPlanTest {
    /** A value of so many bytes that is written at a step and last read at another. */
    record Life(long bytes, int birth, int death) {}

    private static MemoryPlan plan(Life... lives) {
        long[] sizes = new long[lives.length];
        int[] births = new int[lives.length];
        int[] deaths = new int[lives.length];
        for (int i = 0; i < lives.length; i++) {
            sizes[i] = lives[i].bytes();
            births[i] = lives[i].birth();
            deaths[i] = lives[i].death();
        }
        return new MemoryPlan(sizes, births, deaths);
    }

    @Property(tries = 500)
    void noTwoLiveRangesOverlap(@ForAll("lives") Life[] lives) {
        MemoryPlan plan = plan(lives);
        for (int i = 0; i < lives.length; i++) {
            assertEquals(0, plan.offset(i) % 64, "alignment");
            assertTrue(plan.offset(i) >= 0 && plan.offset(i) + lives[i].bytes() <= plan.total(), "inside the block");
            for (int j = 0; j < i; j++) {
                boolean together = lives[i].birth() <= lives[j].death() && lives[j].birth() <= lives[i].death();
                boolean apart = plan.offset(i) + lives[i].bytes() <= plan.offset(j)
                        || plan.offset(j) + lives[j].bytes() <= plan.offset(i);
                assertTrue(!together || apart || lives[i].bytes() == 0 || lives[j].bytes() == 0, i + " and " + j);
            }
        }
    }

    @Property(tries = 200)
    void theBlockIsNoLargerThanAllValuesAndNoSmallerThanTheBusiestStep(@ForAll("lives") Life[] lives) {
        long total = plan(lives).total();
        long all = LongStream.of(sizes(lives)).map(MemoryPlanTest::aligned).sum();
        assertTrue(total <= all, total + " of " + all);
        for (int step = 0; step < 30; step++) {
            long live = 0;
            for (Life life : lives) {
                live += life.birth() <= step && step <= life.death() ? life.bytes() : 0;
            }
            assertTrue(total >= live, "step " + step);
        }
    }

    private static long[] sizes(Life[] lives) {
        return java.util.Arrays.stream(lives).mapToLong(Life::bytes).toArray();
    }

    private static long aligned(long bytes) {
        return (bytes + 63) / 64 * 64;
    }

    @Provide
    Arbitrary<Life[]> lives() {
        return Combinators.combine(
                        Arbitraries.longs().between(0, 5000),
                        Arbitraries.integers().between(0, 20),
                        Arbitraries.integers().between(0, 9))
                .as((bytes, birth, length) -> new Life(bytes, birth, birth + length))
                .array(Life[].class)
                .ofMaxSize(40);
    }

    @Test
    void aChainNeedsTwoPlaces() {
        Life[] chain = new Life[50];
        for (int i = 0; i < chain.length; i++) {
            chain[i] = new Life(1024, i, i + 1);
        }
        assertEquals(2048, plan(chain).total());
    }

    @Test
    void nothingNeedsNothing() {
        assertEquals(0, plan().total());
        assertEquals(0, plan(new Life(0, 0, 3)).total());
    }
}
