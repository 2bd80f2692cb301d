package dev.lamina.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NearestTest {
    @Test
    void countsInsertedDeletedReplacedAndSwappedLetters() {
        assertEquals(0, Nearest.distance("train", "train"));
        assertEquals(1, Nearest.distance("trian", "train"));
        assertEquals(1, Nearest.distance("rain", "train"));
        assertEquals(1, Nearest.distance("trains", "train"));
        assertEquals(3, Nearest.distance("kitten", "sitting"));
        assertEquals(5, Nearest.distance("", "train"));
    }

    @Test
    void farWordsAreNotMeant() {
        assertEquals(Optional.of("train"), Nearest.of("tarin", List.of("train", "summary")));
        assertEquals(Optional.empty(), Nearest.of("xyz", List.of("train", "summary")));
        assertEquals("known are train, summary", Nearest.hint("xyz", List.of("train", "summary")));
    }
}
