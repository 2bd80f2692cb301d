package dev.lamina.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The table of rows and what README.md says about it. */
final class RowTest {
    private static final List<String> NAMES = Row.ALL.stream().map(Row::name).toList();

    @Test
    void namesAreUnique() {
        assertEquals(NAMES.size(), NAMES.stream().distinct().count());
    }

    @Test
    void theReadmeExplainsEveryRow() throws IOException {
        String readme = Files.readString(Path.of("README.md"));
        for (String name : NAMES) {
            String family = name.substring(0, name.lastIndexOf('.')) + ".*";
            assertTrue(
                    readme.contains("`" + name + "`") || readme.contains("`" + family + "`"),
                    "bench/README.md does not explain " + name);
        }
    }

    /** Without module bench/peers: what the ordinary build has. */
    @Test
    void rowsWorkWithoutPeers() throws InterruptedException {
        String line = Sampler.line("small", 1, new Brief(Matmul.againstOneDnn(DType.F32, 3, 5, 7)));
        assertTrue(line.contains("\"peer\":null,\"ratio\":null"), line);
    }

    /** Measures once. */
    private record Brief(Work work) implements Work {
        @Override
        public void run() {
            work.run();
        }

        @Override
        public Unit unit() {
            return work.unit();
        }

        @Override
        public void check() {
            work.check();
        }

        @Override
        public double warmUp() {
            return 0;
        }

        @Override
        public int samples() {
            return 1;
        }
    }
}
