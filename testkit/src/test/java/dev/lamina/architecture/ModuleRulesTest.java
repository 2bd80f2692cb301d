package dev.lamina.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Dependencies point one way, and library code keeps to the rules that hold everywhere. */
class ModuleRulesTest {
    private static final String[] LIBRARY = {
        "dev.lamina.core..", "dev.lamina.cpu..", "dev.lamina.data..", "dev.lamina.nn.."
    };

    private static final JavaClasses LAMINA = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.lamina");

    @Test
    void coreDependsOnTheJdkOnly() {
        // jdk.jfr, the Flight Recorder, is a public API of the JDK outside java.*: the profiler's events are for it,
        // where it is.
        onlyDependsOn("dev.lamina.core..", "java..", "jdk.jfr");
    }

    @Test
    void cpuDependsOnCoreOnly() {
        onlyDependsOn("dev.lamina.cpu..", "dev.lamina.core..", "java..");
    }

    @Test
    void dataDependsOnCoreAndReaders() {
        onlyDependsOn(
                "dev.lamina.data..",
                "dev.lamina.core..",
                "com.google.gson..",
                "de.siegmar.fastcsv..",
                "java..",
                "javax.imageio..");
    }

    @Test
    void nnNamesNoBackend() {
        onlyDependsOn("dev.lamina.nn..", "dev.lamina.data..", "dev.lamina.core..", "com.google.gson..", "java..");
    }

    @Test
    void nothingBelowDependsOnTestkit() {
        noClasses()
                .that()
                .resideInAnyPackage(LIBRARY)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.lamina.testkit..", "dev.lamina.cli..", "org.junit..")
                .check(LAMINA);
    }

    @Test
    void noUnsafeNoIncubatorNoInternals() {
        noClasses()
                .should()
                .dependOnClassesThat(
                        resideInAnyPackage("sun..", "jdk..", "com.sun..").and(not(resideInAPackage("jdk.jfr"))))
                .check(LAMINA);
    }

    @Test
    void noJni() {
        noMethods().should().haveModifier(JavaModifier.NATIVE).check(LAMINA);
        noClasses()
                .should()
                .callMethod(System.class, "load", String.class)
                .orShould()
                .callMethod(System.class, "loadLibrary", String.class)
                .check(LAMINA);
    }

    @Test
    void libraryNeverPrints() {
        noClasses()
                .that()
                .resideInAnyPackage(LIBRARY)
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .orShould()
                .callMethod(Throwable.class, "printStackTrace")
                .check(LAMINA);
    }

    @Test
    void libraryUsesNoGlobalRandomSourceAndNoSerialization() {
        noClasses()
                .that()
                .resideInAnyPackage(LIBRARY)
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.util.Random")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.util.concurrent.ThreadLocalRandom")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.security.SecureRandom")
                .orShould()
                .callMethod(Math.class, "random")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.io.ObjectInputStream")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.io.ObjectOutputStream")
                .check(LAMINA);
    }

    @Test
    void libraryOpensNoSocket() {
        noClasses()
                .that()
                .resideInAnyPackage(LIBRARY)
                .should()
                .dependOnClassesThat(DescribedPredicate.describe(
                        "open a socket",
                        type -> type.getPackageName().equals("java.net.http")
                                || type.getName().endsWith("Socket")
                                || type.getName().equals("java.net.URLConnection")))
                .check(LAMINA);
    }

    /** The JSpecify annotations are for the compiler: the class files name them, nobody needs them to run. */
    private static void onlyDependsOn(String module, String... others) {
        String[] allowed = java.util.Arrays.copyOf(others, others.length + 2);
        allowed[others.length] = module;
        allowed[others.length + 1] = "org.jspecify..";
        classes()
                .that()
                .resideInAPackage(module)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(allowed)
                .check(LAMINA);
    }
}
