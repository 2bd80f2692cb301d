package dev.lamina.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.source.tree.BlockTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Growth is a decision: a budget is changed here, in a commit that says why. */
class SizeBudgetTest {
    private static final int FILE_LINES = 600;
    private static final int METHOD_LINES = 40;

    @ParameterizedTest
    @CsvSource({"core, 12650", "cpu, 25850", "nn, 13275"})
    void moduleStaysInsideItsBudget(String module, int budget) {
        int lines = Sources.javaFiles(Sources.main(module)).stream()
                .mapToInt(file -> codeLines(Sources.lines(file)))
                .sum();
        assertTrue(lines <= budget, () -> module + ": expected at most " + budget + " lines of code, got " + lines);
    }

    /** Lines that are neither blank nor comment: a budget must not be met by leaving out documentation. */
    private static int codeLines(List<String> lines) {
        int count = 0;
        boolean inComment = false;
        for (String line : lines) {
            String text = line.strip();
            boolean opens = !inComment && text.startsWith("/*");
            if (!inComment && !opens && !text.isEmpty() && !text.startsWith("//")) {
                count++;
            }
            inComment = (inComment || opens) && !text.endsWith("*/");
        }
        return count;
    }

    @Test
    void onlyCodeCounts() {
        assertEquals(2, codeLines(List.of("/** One. */", "int a; // b", "", "/*", " * c;", " */", "// d", "* e;")));
    }

    @Test
    void fileIsShort() {
        List<String> tooLong = Sources.MODULES.stream()
                .flatMap(module -> Sources.javaFiles(Sources.main(module)).stream())
                .filter(file -> Sources.lines(file).size() > FILE_LINES)
                .map(file -> Sources.name(file) + ": " + Sources.lines(file).size() + " lines")
                .toList();
        assertEquals(List.of(), tooLong, "files over " + FILE_LINES + " lines");
    }

    @Test
    void methodIsShort() {
        List<Path> files = Sources.MODULES.stream()
                .flatMap(module -> Sources.javaFiles(Sources.main(module)).stream())
                .filter(file -> !file.endsWith("module-info.java"))
                .toList();
        JavaTrees java = JavaTrees.parsed(files);
        List<String> offenders = new ArrayList<>();
        for (CompilationUnitTree unit : java.units()) {
            new MethodScanner(java, unit, offenders).scan(unit, null);
        }
        assertEquals("", String.join("\n", offenders), "methods over " + METHOD_LINES + " lines");
    }

    /** Measures methods, constructors and initializer blocks, from the first annotation to the closing brace. */
    private static final class MethodScanner extends TreePathScanner<Void, Void> {
        private final JavaTrees java;
        private final CompilationUnitTree unit;
        private final List<String> offenders;

        MethodScanner(JavaTrees java, CompilationUnitTree unit, List<String> offenders) {
            this.java = java;
            this.unit = unit;
            this.offenders = offenders;
        }

        @Override
        public Void visitMethod(MethodTree method, Void unused) {
            measure(method, method.getName().toString());
            return super.visitMethod(method, null);
        }

        @Override
        public Void visitBlock(BlockTree block, Void unused) {
            TreePath parent = getCurrentPath().getParentPath();
            if (parent.getLeaf() instanceof com.sun.source.tree.ClassTree) {
                measure(block, "initializer");
            }
            return super.visitBlock(block, null);
        }

        private void measure(Tree tree, String name) {
            long start = java.trees().getSourcePositions().getStartPosition(unit, tree);
            long end = java.trees().getSourcePositions().getEndPosition(unit, tree);
            if (start < 0 || end < 0) {
                return;
            }
            long first = unit.getLineMap().getLineNumber(start);
            long lines = unit.getLineMap().getLineNumber(end) - first + 1;
            if (lines > METHOD_LINES) {
                offenders.add(java.fileName(unit) + ":" + first + " " + name + ": " + lines + " lines");
            }
        }
    }
}
