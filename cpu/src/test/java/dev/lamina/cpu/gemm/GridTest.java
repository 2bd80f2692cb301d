package dev.lamina.cpu.gemm;

import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Cutting products into blocks comes to an end, also where little can be cut. */
class GridTest {
    private static final int[] SIZES = {1, 7, 14, 16, 32, 64, 100, 1000};

    @Test
    void everyProductIsCut() {
        Engine.Blocking blocking = new Engine.Blocking(504, 2048, Integer.MAX_VALUE, 14, 32, 1, 4e6, 56, 32);
        Engine.Blocking packed = new Engine.Blocking(504, 256, 264, 14, 32, 1, 4e6, 168, 512);
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            for (int m : SIZES) {
                for (int n : SIZES) {
                    for (int k : new int[] {1, 100, 4096, 1 << 20}) {
                        Product product = new Product(DType.F32, DType.F32, m, n, k, 4L * k, 4, 4L * n, 4, 4L * n);
                        for (int batch : new int[] {1, 3}) {
                            assertTrue(Grid.of(product, batch, blocking).itemsPerProduct() > 0);
                            assertTrue(Grid.of(product, batch, packed).itemsPerProduct() > 0);
                        }
                    }
                }
            }
        });
    }
}
