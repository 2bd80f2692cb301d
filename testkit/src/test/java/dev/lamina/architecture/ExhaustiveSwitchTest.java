package dev.lamina.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.source.tree.CaseTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.DefaultCaseLabelTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.SwitchExpressionTree;
import com.sun.source.tree.SwitchTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.TypeMirror;
import org.junit.jupiter.api.Test;

/** A switch over ops has no default, so that javac lists every place that a new op must reach. */
class ExhaustiveSwitchTest {

    @Test
    void noDefaultOverOps() {
        List<Path> files = Stream.of("core", "cpu")
                .flatMap(module -> Sources.javaFiles(Sources.main(module)).stream())
                .filter(file -> !file.endsWith("module-info.java"))
                .toList();
        JavaTrees java = JavaTrees.analyzed(files);
        List<String> offenders = new ArrayList<>();
        for (CompilationUnitTree unit : java.units()) {
            new SwitchScanner(java, unit, offenders).scan(unit, null);
        }
        assertEquals("", String.join("\n", offenders), "switches over ops that have a default");
    }

    private static final class SwitchScanner extends TreePathScanner<Void, Void> {
        private final JavaTrees java;
        private final CompilationUnitTree unit;
        private final List<String> offenders;

        SwitchScanner(JavaTrees java, CompilationUnitTree unit, List<String> offenders) {
            this.java = java;
            this.unit = unit;
            this.offenders = offenders;
        }

        @Override
        public Void visitSwitch(SwitchTree tree, Void unused) {
            check(tree, tree.getExpression(), tree.getCases());
            return super.visitSwitch(tree, null);
        }

        @Override
        public Void visitSwitchExpression(SwitchExpressionTree tree, Void unused) {
            check(tree, tree.getExpression(), tree.getCases());
            return super.visitSwitchExpression(tree, null);
        }

        private void check(Tree tree, ExpressionTree selector, List<? extends CaseTree> cases) {
            TypeMirror type = java.trees().getTypeMirror(new TreePath(getCurrentPath(), selector));
            boolean hasDefault = cases.stream()
                    .flatMap(one -> one.getLabels().stream())
                    .anyMatch(DefaultCaseLabelTree.class::isInstance);
            if (hasDefault && type instanceof DeclaredType declared && isOps((TypeElement) declared.asElement())) {
                long start = java.trees().getSourcePositions().getStartPosition(unit, tree);
                offenders.add(java.fileName(unit) + ":" + unit.getLineMap().getLineNumber(start) + " over " + type);
            }
        }

        /** An op family, an enum inside one, or the node that holds an op: everything closed in the package of ops. */
        private static boolean isOps(TypeElement type) {
            boolean closed =
                    type.getKind() == ElementKind.ENUM || type.getModifiers().contains(Modifier.SEALED);
            return closed && type.getQualifiedName().toString().startsWith("dev.lamina.core.op.");
        }
    }
}
