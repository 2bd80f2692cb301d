package dev.lamina.cli;

import com.google.gson.JsonObject;
import dev.lamina.core.DType;
import dev.lamina.core.memory.ByteSize;
import dev.lamina.core.memory.Memory;
import dev.lamina.core.profile.Limits;

/** {@code lamina doctor}. */
final class DoctorCommand implements Command {
    @Override
    public String name() {
        return "doctor";
    }

    @Override
    public String purpose() {
        return "show what computes on this machine and why, and how fast it is";
    }

    @Override
    public void describe(Syntax syntax) {
        syntax.engine().examples("lamina doctor", "lamina doctor --threads 1 --json");
    }

    @Override
    public void run(Arguments arguments, Console console) {
        Engine engine = Engine.start(arguments);
        Memory memory = Memory.shared();
        Machine machine = Machine.here();
        console.line("lamina     %s", Environment.version());
        console.line("java       %s, %s", Environment.java(), Environment.system());
        console.line("processor  %s", machine.cpu());
        console.line("features   %s", machine.features().isEmpty() ? "unknown" : String.join(" ", machine.features()));
        console.line("threads    %d (%s)", engine.threads(), machine.processorsText());
        console.line(
                "backend    %s: %s", engine.backend().name(), engine.backend().describe());
        Limits.Rate matmul = Limits.measureProduct(DType.F32);
        console.line(
                "matmul     %.1f GFLOP/s (f32, n = %d, median of %d)", matmul.median(), matmul.size(), matmul.runs());
        Limits.Rate copy = Limits.measureCopy();
        console.line(
                "copy       %.1f GB/s read and written (%s of f32, median of %d)",
                copy.median(), ByteSize.text(4L * copy.size()), copy.runs());
        console.line(
                "memory     limit %s, in use %s, at most so far %s; Java heap %s",
                ByteSize.text(memory.limit()),
                ByteSize.text(memory.live()),
                ByteSize.text(memory.peak()),
                ByteSize.text(Runtime.getRuntime().maxMemory()));
        JsonObject json = Environment.json(engine);
        json.addProperty("memory_live", memory.live());
        json.addProperty("matmul_n", matmul.size());
        json.addProperty("matmul_gflops", Measured.rounded(matmul.median(), 0.01));
        json.addProperty("copy_bytes", 4L * copy.size());
        json.addProperty("copy_gb_per_second", Measured.rounded(copy.median(), 0.01));
        console.result(json);
    }
}
