package dev.lamina.core.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.LaminaException;
import dev.lamina.core.MemoryLimitException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MemoryTest {

    private static final long MB = 1 << 20;

    private final Memory memory = new Memory(256 * MB);

    @Test
    void buffersHaveTheExactSizeAndAreAligned() {
        for (long bytes :
                new long[] {0, 1, 4, 63, 64, 65, 207, 1023, 1024, 4096, 4097, 4098, 65_537, MB + 1, 9 * MB - 7}) {
            for (int i = 0; i < 3; i++) {
                Buffer buffer = memory.allocate(bytes, "test");
                assertEquals(bytes, buffer.bytes());
                assertEquals(bytes, buffer.segment().byteSize());
                assertEquals(0, buffer.address() % 64);
                assertEquals("test", buffer.holder());
                assertTrue(buffer.segment().isAccessibleBy(new Thread()), "any thread may read");
                buffer.segment().fill((byte) 1);
            }
        }
        assertEquals("Buffer(test, 1 KB)", memory.allocate(1024, "test").toString());
    }

    @Test
    void buffersDoNotOverlap() {
        Set<Long> starts = new HashSet<>();
        List<Buffer> alive = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            Buffer buffer = memory.allocate(i % 1500, "test");
            assertTrue(starts.add(buffer.address()));
            buffer.segment().fill((byte) i);
            alive.add(buffer);
        }
        for (int i = 0; i < alive.size(); i++) {
            assertFilled(alive.get(i).segment(), (byte) i);
        }
    }

    @Test
    void deadBlocksAreUsedAgain() {
        long address = memory.allocate(3 * MB, "first").address();
        awaitLive(0);
        assertEquals(3 * MB, memory.pooled());
        Buffer again = memory.allocate(3 * MB - 500, "second");
        assertEquals(address, again.address());
        assertEquals(0, memory.pooled());
        assertEquals(3 * MB - 500, again.bytes());
    }

    @Test
    void zeroedBuffersAreZeroOnReusedBlocksToo() {
        for (long bytes : new long[] {100, 5000, 2 * MB}) {
            for (int round = 0; round < 3; round++) {
                memory.allocate(bytes, "dirt").segment().fill((byte) 7);
                awaitLive(Slabs.SLAB * 16L);
                assertFilled(memory.allocateZeroed(bytes, "zeros").segment(), (byte) 0);
            }
        }
    }

    @Test
    void segmentsOutliveTheirBuffer() {
        MemorySegment slice = filled(2 * MB, (byte) 42).asSlice(MB, MB);
        MemorySegment readOnly = filled(3 * MB, (byte) 43).asReadOnly();
        ByteBuffer bytes = filled(4 * MB, (byte) 44).asByteBuffer();
        MemorySegment small = filled(100, (byte) 45).asSlice(10, 50);
        for (int round = 0; round < 5; round++) {
            awaitLive(10 * MB);
            for (long size : new long[] {2 * MB, 3 * MB, 4 * MB}) {
                memory.allocate(size, "other").segment().fill((byte) round);
            }
            for (int i = 0; i < 10_000; i++) {
                memory.allocate(100, "other").segment().fill((byte) round);
            }
        }
        assertFilled(slice, (byte) 42);
        assertFilled(readOnly, (byte) 43);
        assertFilled(MemorySegment.ofBuffer(bytes), (byte) 44);
        assertFilled(small, (byte) 45);
    }

    @Test
    void deadBuffersOfAHundredTimesTheLimitDoNotFail() {
        for (int i = 0; i < 100 * 4; i++) {
            memory.allocate(64 * MB, "step").segment().set(ValueLayout.JAVA_INT, 0, i);
        }
        assertTrue(memory.peak() <= memory.limit());
        assertTrue(memory.collections() > 0);
    }

    @Test
    void changingSizesDoNotFailEither() {
        for (int i = 0; i < 150; i++) {
            memory.allocate((i * 37L % 97 + 1) * MB, "step").segment().set(ValueLayout.JAVA_INT, 0, i);
            assertTrue(memory.live() + memory.pooled() <= memory.limit());
        }
    }

    @Test
    void shortageNamesTheLargestHolders() {
        List<Buffer> alive = new ArrayList<>();
        alive.add(memory.allocate(100 * MB, "variable 'dense.weight'"));
        for (int i = 0; i < 3; i++) {
            alive.add(memory.allocate(20 * MB, "plan arena"));
        }
        alive.add(memory.allocate(4, "scalar"));
        MemoryLimitException error = assertThrows(
                MemoryLimitException.class, () -> memory.allocate(144 * MB + MB / 2, "tensor (1024, 36992) f32"));
        assertEquals(
                "memory: expected room for 144.5 MB (tensor (1024, 36992) f32), got 95.9 MB free of the limit 256 MB; "
                        + "the largest holders are: variable 'dense.weight' 100 MB, plan arena x3 60 MB, "
                        + "small buffers 64 KB; raise -Dlamina.memory or use a smaller batch",
                error.getMessage());
        assertEquals("plan arena x3 60 MB", memory.holders().get(1).toString());
        assertEquals(5, alive.size());
        alive.clear();
        memory.allocate(200 * MB, "works again").segment().fill((byte) 1);
    }

    @Test
    void sizesPastTheLimitFailAtOnce() {
        for (long bytes : new long[] {256 * MB + 1, Long.MAX_VALUE}) {
            String message = assertThrows(MemoryLimitException.class, () -> memory.allocate(bytes, "huge"))
                    .getMessage();
            assertTrue(message.contains("got 256 MB free of the limit 256 MB; raise"), message);
        }
        assertEquals(0, memory.collections());
        String message = assertThrows(LaminaException.class, () -> memory.allocate(-1, "tensor (-1) f32"))
                .getMessage();
        assertEquals(
                "memory: expected a size of 0 or more bytes for tensor (-1) f32, got -1; check the shape", message);
    }

    @Test
    void interruptedThreadsAllocateAndStayInterrupted() {
        Thread.currentThread().interrupt();
        for (int i = 0; i < 100; i++) {
            memory.allocate(16 * MB, "step");
        }
        assertTrue(Thread.interrupted());
    }

    @Test
    void trimGivesThePoolBack() {
        Buffer kept = memory.allocate(MB, "kept");
        memory.allocate(32 * MB, "dropped");
        awaitLive(MB);
        assertEquals(32 * MB, memory.pooled());
        memory.trim();
        assertEquals(0, memory.pooled());
        assertEquals(MB, memory.live());
        assertEquals(33 * MB, memory.peak());
        assertEquals("Memory(live 1 MB, pooled 0 bytes, peak 33 MB, limit 256 MB)", memory.toString());
        assertFilled(kept.segment(), kept.segment().get(ValueLayout.JAVA_BYTE, 0));
    }

    private MemorySegment filled(long bytes, byte value) {
        return memory.allocate(bytes, "test").segment().fill(value);
    }

    private void awaitLive(long most) {
        for (int i = 0; i < 500 && memory.live() > most; i++) {
            System.gc();
            sleep();
        }
        assertTrue(memory.live() <= most, memory.toString());
    }

    private static void sleep() {
        try {
            Thread.sleep(10);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void assertFilled(MemorySegment segment, byte value) {
        byte[] expected = new byte[(int) segment.byteSize()];
        Arrays.fill(expected, value);
        assertEquals(-1, segment.mismatch(MemorySegment.ofArray(expected)));
    }
}
