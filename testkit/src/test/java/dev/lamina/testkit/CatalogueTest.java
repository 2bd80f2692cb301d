package dev.lamina.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.testkit.CataloguePage.Block;
import dev.lamina.testkit.CataloguePage.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Every ready block has a line in {@code catalogue.txt} and a proof, and {@code book/catalogue.md} is what the build makes of it. To write
 * the page anew: {@code ./mvnw -pl testkit -am test -Dtest=CatalogueTest -Dsurefire.failIfNoSpecifiedTests=false -Dlamina.catalogue=write}.
 */
class CatalogueTest {
    private static final Path PAGE = Shared.root().resolve("book/catalogue.md");

    @Test
    void everyReadyBlockHasALine() throws IOException {
        Map<String, Block> lines = CataloguePage.lines();
        List<String> wrong = new ArrayList<>();
        for (String ready : CataloguePage.ready()) {
            if (!lines.containsKey(ready)) {
                wrong.add("add '" + ready
                        + " | Keras name | PyTorch name | proof' to testkit/src/test/resources/catalogue.txt");
            }
        }
        for (String line : lines.keySet()) {
            if (!CataloguePage.ready().contains(line)) {
                wrong.add("catalogue.txt has '" + line + "', which no factory makes; take the line out");
            }
        }
        assertEquals("", String.join("\n", wrong));
    }

    @Test
    void theBookIsUpToDate() throws IOException {
        List<Row> rows = CataloguePage.rows();
        List<String> unproven = rows.stream()
                .filter(row -> !row.isProven())
                .map(row -> row.block().key() + ": expected a golden op or a test that exists, got '"
                        + row.block().proof() + "'")
                .toList();
        assertEquals("", String.join("\n", unproven));
        List<String> empty = rows.stream()
                .filter(row -> row.formula().isBlank())
                .map(row -> row.block().key() + ": expected Javadoc with a formula, got none")
                .toList();
        assertEquals("", String.join("\n", empty));
        List<String> unchecked = rows.stream()
                .filter(row -> row.block().key().matches("(layer|activation|loss) .*"))
                .filter(row -> !(row.gradient() <= 1e-7))
                .map(row -> row.block().key() + ": expected a gradient as finite differences, got " + row.gradient())
                .toList();
        assertEquals("", String.join("\n", unchecked));
        String page = CataloguePage.page(rows);
        if ("write".equals(System.getProperty("lamina.catalogue"))) {
            Files.createDirectories(PAGE.getParent());
            Files.writeString(PAGE, page);
        }
        String there = Files.exists(PAGE) ? Files.readString(PAGE) : "";
        assertEquals(
                CataloguePage.withoutErrors(page),
                CataloguePage.withoutErrors(there),
                "book/catalogue.md is stale; write it anew with -Dlamina.catalogue=write (CatalogueTest says how)");
        assertTrue(
                CataloguePage.isWithin(page, there),
                "an error is larger than book/catalogue.md says; look why, or write the page anew");
    }
}
