package dev.lamina.bench.peers;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.dnnl_ab;
import static org.bytedeco.dnnl.global.dnnl.dnnl_bf16;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu;
import static org.bytedeco.dnnl.global.dnnl.dnnl_engine_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_f32;
import static org.bytedeco.dnnl.global.dnnl.dnnl_matmul_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_desc_create_with_tag;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_desc_query;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_execute;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_impl_info_str;
import static org.bytedeco.dnnl.global.dnnl.dnnl_stream_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_stream_default_flags;
import static org.bytedeco.dnnl.global.dnnl.dnnl_stream_wait;
import static org.bytedeco.dnnl.global.dnnl.dnnl_version;

import dev.lamina.bench.Peers;
import dev.lamina.core.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;

/** oneDNN's matmul primitive on plain row-major matrices, made once. */
public final class OneDnn implements Peers {
    /** For the service loader. */
    public OneDnn() {}

    @Override
    public String library() {
        return "oneDNN";
    }

    @Override
    public Optional<Rival> product(Product product) {
        Matmul matmul = new Matmul(product);
        return Optional.of(new Rival(matmul.name(), matmul::run, matmul::result));
    }

    private static void require(int status) {
        if (status != 0) {
            throw new IllegalStateException("oneDNN: status " + status);
        }
    }

    private static final class Matmul {
        private final int type;
        private final dnnl_engine engine = new dnnl_engine();
        private final dnnl_stream stream = new dnnl_stream();
        private final dnnl_primitive_desc description = new dnnl_primitive_desc();
        private final dnnl_primitive primitive = new dnnl_primitive();
        private final dnnl_exec_arg_t arguments = new dnnl_exec_arg_t(3);
        private final Address[] keep = new Address[3];

        Matmul(Product product) {
            type = product.bf16() ? dnnl_bf16 : dnnl_f32;
            require(dnnl_engine_create(engine, dnnl_cpu, 0));
            require(dnnl_stream_create(stream, engine, dnnl_stream_default_flags));
            dnnl_memory_desc a = plain(product.m(), product.k());
            dnnl_memory_desc b = plain(product.k(), product.n());
            dnnl_memory_desc c = plain(product.m(), product.n());
            require(dnnl_matmul_primitive_desc_create(description, engine, a, b, null, c, (dnnl_primitive_attr) null));
            require(dnnl_primitive_create(primitive, description));
            long bytes = (long) product.m() * product.n() * (product.bf16() ? 2 : 4);
            argument(0, DNNL_ARG_SRC, a, Address.of(product.a()));
            argument(1, DNNL_ARG_WEIGHTS, b, Address.of(product.b()));
            argument(2, DNNL_ARG_DST, c, Address.allocate(bytes));
        }

        private dnnl_memory_desc plain(long rows, long columns) {
            dnnl_memory_desc layout = new dnnl_memory_desc();
            require(dnnl_memory_desc_create_with_tag(layout, 2, new long[] {rows, columns}, type, dnnl_ab));
            return layout;
        }

        private void argument(int index, int role, dnnl_memory_desc layout, Address address) {
            keep[index] = address;
            dnnl_memory memory = new dnnl_memory();
            require(dnnl_memory_create(memory, layout, engine, address));
            arguments.getPointer(index).arg(role).memory(memory);
        }

        void run() {
            require(dnnl_primitive_execute(primitive, stream, 3, arguments));
            require(dnnl_stream_wait(stream));
        }

        float[] result() {
            MemorySegment c = keep[2].segment();
            if (type == dnnl_f32) {
                return c.toArray(ValueLayout.JAVA_FLOAT);
            }
            short[] bits = c.toArray(ValueLayout.JAVA_SHORT);
            float[] values = new float[bits.length];
            for (int i = 0; i < bits.length; i++) {
                values[i] = DType.fromBf16(bits[i]);
            }
            return values;
        }

        /** Version and the kernel that oneDNN took. */
        String name() {
            PointerPointer<BytePointer> info = new PointerPointer<>(1);
            require(dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, info));
            return "oneDNN " + dnnl_version().major() + "." + dnnl_version().minor() + " "
                    + info.get(BytePointer.class, 0).getString();
        }
    }
}
