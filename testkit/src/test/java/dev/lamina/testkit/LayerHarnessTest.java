package dev.lamina.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.lamina.nn.Layer;
import dev.lamina.nn.Layers;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every ready layer, and one of a user, in the harness. */
class LayerHarnessTest {
    static Stream<LayerHarness> harnesses() {
        return Stream.of(
                        LayerCases.all(),
                        ConvolutionLayerCases.all(),
                        RecurrentLayerCases.all(),
                        AttentionLayerCases.all())
                .flatMap(cases -> cases.stream());
    }

    @TestFactory
    Stream<DynamicNode> layers() {
        return harnesses().flatMap(LayerHarness::tests);
    }

    @Test
    void everyPublicLayerIsHere() {
        Set<String> ready = new ClassFileImporter()
                .importPackages("dev.lamina.nn.layers").stream()
                        .filter(type -> type.isAssignableTo(Layer.class))
                        .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
                        .filter(type -> !type.getModifiers().contains(JavaModifier.ABSTRACT))
                        .map(JavaClass::getName)
                        .collect(Collectors.toCollection(TreeSet::new));
        harnesses().flatMap(harness -> harness.types().stream()).forEach(type -> ready.remove(type.getName()));
        assertEquals(Set.of(), ready, "add them to the harness");
    }

    @Test
    void everyReadyLayerIsHere() {
        Set<String> ready = Arrays.stream(Layers.class.getMethods())
                .filter(method -> Layer.class.isAssignableFrom(method.getReturnType()))
                .map(Method::getName)
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> tried = harnesses()
                .map(harness -> harness.name().replaceFirst(" .*", ""))
                .collect(Collectors.toSet());
        ready.removeAll(tried);
        assertEquals(Set.of(), ready, "add them to the harness");
    }

    /** Their output has no steps, or others than the input, for which no mask follows from that of the input. */
    private static final Set<String> DROP_MASKS = Set.of(
            "flatten",
            "reshape",
            "permute",
            "repeatVector",
            "dot",
            "maxPool1d",
            "maxPool2d",
            "maxPool3d",
            "avgPool1d",
            "avgPool2d",
            "avgPool3d",
            "adaptiveMaxPool1d",
            "adaptiveMaxPool2d",
            "adaptiveMaxPool3d",
            "adaptiveAvgPool1d",
            "adaptiveAvgPool2d",
            "adaptiveAvgPool3d",
            "upSampling1d",
            "upSampling2d",
            "upSampling3d",
            "zeroPadding1d",
            "zeroPadding2d",
            "zeroPadding3d",
            "cropping1d",
            "cropping2d",
            "cropping3d");

    @Test
    void everyLayerGoesThroughEveryTest() {
        Map<String, Set<String>> tests = new TreeMap<>();
        harnesses()
                .forEach(harness -> harness.tests()
                        .map(test ->
                                test.getDisplayName().replaceFirst(".*: ", "").replaceFirst("(wrong input).*", "$1"))
                        .forEach(test -> tests.computeIfAbsent(
                                        harness.name().replaceFirst(" .*", ""), name -> new TreeSet<>())
                                .add(test)));
        Map<String, Set<String>> missing = new TreeMap<>();
        for (String test : List.of(
                "shapes and parameters",
                "one example, no example",
                "saved and loaded",
                "a training step",
                "f32 and mixed precision",
                "gradients",
                "masked steps",
                "wrong input")) {
            tests.forEach((name, done) -> {
                boolean drops = test.equals("masked steps") && DROP_MASKS.contains(name);
                if (!done.contains(drops ? "drops the mask" : test)) {
                    missing.computeIfAbsent(test, key -> new TreeSet<>()).add(name);
                }
            });
        }
        assertEquals(Map.of(), missing);
    }
}
