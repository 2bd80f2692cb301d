package dev.lamina.core.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.lamina.core.LaminaException;
import org.junit.jupiter.api.Test;

class ByteSizeTest {

    @Test
    void writesAtMostOneDecimal() {
        assertEquals("0 bytes", ByteSize.text(0));
        assertEquals("1023 bytes", ByteSize.text(1023));
        assertEquals("1 KB", ByteSize.text(1024));
        assertEquals("1.5 GB", ByteSize.text(3L << 29));
        assertEquals("200 MB", ByteSize.text(200L << 20));
        assertEquals("1 MB", ByteSize.text((1 << 20) - 1));
        assertEquals("8 EB", ByteSize.text(Long.MAX_VALUE));
    }

    @Test
    void readsBytesAndSuffixes() {
        assertEquals(1, ByteSize.parse("x", "1"));
        assertEquals(800L << 20, ByteSize.parse("x", " 800m "));
        assertEquals(2L << 30, ByteSize.parse("x", "2G"));
        assertEquals(2L << 30, ByteSize.parse("x", "2 GB"));
        assertEquals(3L << 40, ByteSize.parse("x", "3t"));
        assertEquals(64L << 10, ByteSize.parse("x", "64k"));
        assertEquals(12, ByteSize.parse("x", "12b"));
    }

    @Test
    void refusesWhatIsNoSize() {
        for (String text : new String[] {"", "0", "-1", "1.5g", "g", "9999999999t", "12x", "80%"}) {
            String message = assertThrows(LaminaException.class, () -> ByteSize.parse("-Dlamina.memory", text))
                    .getMessage();
            assertEquals(
                    "-Dlamina.memory: expected a size such as 1048576, 800m or 2g, got '" + text
                            + "'; write a whole number of bytes, or add k, m, g or t",
                    message);
        }
    }
}
