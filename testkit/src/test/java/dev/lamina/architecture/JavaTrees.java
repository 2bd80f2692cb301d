package dev.lamina.architecture;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Syntax trees of source files, with types when {@link #analyzed}. */
record JavaTrees(List<CompilationUnitTree> units, Trees trees) {

    static JavaTrees parsed(List<Path> files) {
        return of(files, false);
    }

    /** Parses and attributes; the class path is this test's own. */
    static JavaTrees analyzed(List<Path> files) {
        return of(files, true);
    }

    private static JavaTrees of(List<Path> files, boolean analyze) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
            List<String> options = List.of("-proc:none", "-classpath", System.getProperty("java.class.path"));
            JavacTask task = (JavacTask) compiler.getTask(
                    messages, manager, null, options, null, manager.getJavaFileObjectsFromPaths(files));
            List<CompilationUnitTree> units = new java.util.ArrayList<>();
            task.parse().forEach(units::add);
            if (analyze) {
                task.analyze();
            }
            if (messages.toString().contains("error:")) {
                throw new IllegalStateException(messages.toString());
            }
            return new JavaTrees(List.copyOf(units), Trees.instance(task));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String fileName(CompilationUnitTree unit) {
        return Sources.name(Path.of(unit.getSourceFile().toUri()));
    }
}
