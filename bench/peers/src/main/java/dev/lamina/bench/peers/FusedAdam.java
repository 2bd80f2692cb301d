package dev.lamina.bench.peers;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.CompilationUnit;
import org.bytedeco.pytorch.Function;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * LibTorch's fused Adam. Its C++ class has no such option and the binding no such function, so two lines of TorchScript call
 * the kernel that Python's {@code Adam(fused=True)} calls.
 */
final class FusedAdam {
    private final Tensor[] parameters;
    /** Owns the function. */
    private final CompilationUnit unit;

    private final Function step;
    private final IValue[] state;

    FusedAdam(Tensor[] parameters, double rate) {
        this.parameters = parameters;
        unit = torch.compile(script(parameters.length));
        step = unit.get_function(new QualifiedName("step"));
        Tensor[] means = zeros();
        Tensor[] squares = zeros();
        Tensor[] steps = new Tensor[parameters.length];
        Arrays.setAll(steps, i -> torch.zeros(1).squeeze());
        state = new IValue[] {pack(parameters), pack(means), pack(squares), pack(steps), new IValue(rate)};
    }

    private Tensor[] zeros() {
        Tensor[] zeros = new Tensor[parameters.length];
        Arrays.setAll(zeros, i -> torch.zeros_like(parameters[i].detach()));
        return zeros;
    }

    private static String script(int count) {
        String names = IntStream.range(0, count).mapToObj(i -> "g" + i).collect(Collectors.joining(", "));
        String typed =
                IntStream.range(0, count).mapToObj(i -> "g" + i + ": Tensor").collect(Collectors.joining(", "));
        return """
               def step(%2$s, p: List[Tensor], m: List[Tensor], v: List[Tensor], t: List[Tensor], rate: float):
                   torch._foreach_add_(t, 1.0)
                   torch._fused_adam_(p, [%1$s], m, v, [], t, lr=rate, beta1=0.9, beta2=0.999, weight_decay=0.0,
                       eps=1e-8, amsgrad=False, maximize=False)
                   return 0
               """.formatted(names, typed) + TorchLists.pack("pack", count);
    }

    private IValue pack(Tensor[] tensors) {
        return TorchLists.call(unit, "pack", List.of(tensors));
    }

    void step() {
        IValue[] arguments = new IValue[parameters.length + state.length];
        for (int i = 0; i < parameters.length; i++) {
            arguments[i] = new IValue(parameters[i].grad());
        }
        System.arraycopy(state, 0, arguments, parameters.length, state.length);
        step.run(new IValueVector(arguments));
    }
}
