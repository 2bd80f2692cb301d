package dev.lamina.bench.peers;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.CompilationUnit;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.Tensor;

/** Lists of tensors for TorchScript: the binding makes none, so a function of the script does. */
final class TorchLists {
    private TorchLists() {}

    /** The script of a function that makes a list of so many tensors. */
    static String pack(String function, int count) {
        String names = IntStream.range(0, count).mapToObj(i -> "t" + i).collect(Collectors.joining(", "));
        String typed =
                IntStream.range(0, count).mapToObj(i -> "t" + i + ": Tensor").collect(Collectors.joining(", "));
        // An empty list has no type of its own.
        return "def " + function + "(" + typed + ") -> List[Tensor]:\n    list: List[Tensor] = [" + names
                + "]\n    return list\n";
    }

    /** Calls such a function. */
    static IValue call(CompilationUnit unit, String function, List<Tensor> tensors) {
        IValue[] values = tensors.stream().map(IValue::new).toArray(IValue[]::new);
        return unit.get_function(new QualifiedName(function)).apply(new IValueVector(values));
    }
}
