package dev.lamina.cpu.code;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** Pages that the system may give. */
class LargePagesTest {
    @Test
    void memoryThatAsksForThemKeepsWhatIsWrittenLaterAndWhatIsBesideIt() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment all = arena.allocate(4 * LargePages.SIZE);
            all.fill((byte) 1);
            long first = -all.address() & (LargePages.SIZE - 1);
            MemorySegment pages = all.asSlice(first, 2 * LargePages.SIZE);
            LargePages.ask(pages);
            pages.fill((byte) 2);
            for (long i = 0; i < all.byteSize(); i++) {
                int expected = i < first || i >= first + pages.byteSize() ? 1 : 2;
                assertEquals(expected, all.get(ValueLayout.JAVA_BYTE, i));
            }
        }
    }

    @Test
    void partsOfPagesAreRefused() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment all = arena.allocate(3 * LargePages.SIZE);
            MemorySegment pages = all.asSlice(-all.address() & (LargePages.SIZE - 1), LargePages.SIZE);
            assertThrows(IllegalArgumentException.class, () -> LargePages.ask(pages.asSlice(0, 4096)));
            assertThrows(IllegalArgumentException.class, () -> LargePages.ask(all.asSlice(64, LargePages.SIZE)));
        }
    }
}
