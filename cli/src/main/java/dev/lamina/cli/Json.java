package dev.lamina.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.lamina.core.DataException;
import dev.lamina.data.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** JSON objects in files and on the standard output. */
final class Json {
    private Json() {}

    /** The object on one line. */
    static String line(JsonObject object) {
        return object.toString();
    }

    /** Writes an object for people and programs; the old file stays when it fails. */
    static void write(Path file, JsonObject object) {
        String text =
                new GsonBuilder().setPrettyPrinting().serializeNulls().create().toJson(object);
        AtomicFiles.write(file, text + "\n");
    }

    /** Reads an object. */
    static JsonObject read(Path file) {
        try {
            return parse(file.toString(), Files.readString(file));
        } catch (IOException e) {
            throw new DataException(
                    file + ": expected a readable JSON file, got " + Reason.of(e)
                            + "; check the file and its permissions",
                    e);
        }
    }

    /** The object in a text; {@code where} starts the message of an error. */
    static JsonObject parse(String where, String text) {
        try {
            JsonElement element = JsonParser.parseString(text);
            if (element.isJsonObject()) {
                return element.getAsJsonObject();
            }
            throw damaged(where, new JsonParseException("no object"));
        } catch (JsonParseException e) {
            throw damaged(where, e);
        }
    }

    /** A text in an object. */
    static String text(Path file, JsonObject object, String name) {
        if (!object.has(name) || !object.get(name).isJsonPrimitive()) {
            throw new DataException(file + ": expected a text under '" + name + "', got "
                    + (object.has(name) ? "something else" : "nothing") + "; train again, or restore the file");
        }
        return object.get(name).getAsString();
    }

    private static DataException damaged(String where, JsonParseException cause) {
        return new DataException(
                where + ": expected a JSON object, got a damaged file; train again, or restore the file", cause);
    }
}
