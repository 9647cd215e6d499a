import java.io.FileInputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Java's own WebSocket, and what docs/reference/protocol.md wants of a client: it checks `prev`, comes back and resumes. The arguments are the file of the
 * authority and a list of who plays; each thing that happens to one is a line of JSON.
 */
public class JavaClient {
    public static void main(String[] args) throws Exception {
        HttpClient http = HttpClient.newBuilder().sslContext(trusting(args[0])).build();
        for (Object spec : (List<?>) new Json(args[1]).read()) new Player(http, asObject(spec)).connect();
        // Its end is the end of the proof.
        while (System.in.read() != -1) {}
        System.exit(0);
    }

    static SSLContext trusting(String file) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null);
        try (FileInputStream in = new FileInputStream(file)) {
            store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> asObject(Object value) {
        return (Map<String, Object>) value;
    }

    static class Player {
        static final int AGAIN_MS = 200;
        final HttpClient http;
        final Map<String, Object> spec;
        final String room;
        /** The last offset of each channel. */
        final Map<String, Long> last = new HashMap<>();
        String resumeToken;
        String epoch;
        long cursor;
        long replayLeft;
        long replayEndOffset;
        boolean hasJoined;

        Player(HttpClient http, Map<String, Object> spec) {
            this.http = http;
            this.spec = spec;
            this.room = (String) spec.get("room");
        }

        void connect() {
            String resume = resumeToken == null ? "" : "?resume=" + encoded(resumeToken) + "&since=" + encoded(epoch + ":" + cursor);
            http.newWebSocketBuilder()
                .header("Authorization", "Bearer " + spec.get("token"))
                .subprotocols("game.v1.json")
                .buildAsync(URI.create(spec.get("wsUrl") + resume), new Connection(this))
                .whenComplete((socket, error) -> {
                    if (error == null) return;
                    Throwable cause = error.getCause() == null ? error : error.getCause();
                    boolean isAnswer = cause instanceof WebSocketHandshakeException;
                    tell("refused", isAnswer ? "" + ((WebSocketHandshakeException) cause).getResponse().statusCode() : "" + cause);
                    connectLater(AGAIN_MS);
                });
        }

        static String encoded(String text) {
            return URLEncoder.encode(text, StandardCharsets.UTF_8);
        }

        void connectLater(long delayMs) {
            CompletableFuture.delayedExecutor(delayMs, TimeUnit.MILLISECONDS).execute(this::connect);
        }

        /** One whole frame. false: something is missing before it, and this connection is to be given up. */
        synchronized boolean take(WebSocket socket, Map<String, Object> frame) {
            switch ((String) frame.get("eventType")) {
                case "core.game.session.ready" -> ready(socket, asObject(frame.get("payload")));
                case "core.game.session.resumed" -> resumed(socket, asObject(frame.get("payload")));
                case "core.game.reply" -> replied(frame);
                default -> {
                    return frame.get("offset") == null || event(frame);
                }
            }
            return true;
        }

        void ready(WebSocket socket, Map<String, Object> session) {
            begin(session);
            cursor = (Long) session.get("offset");
            raiseAll(cursor);
            join(socket);
        }

        void join(WebSocket socket) {
            String join = "{\"id\":\"join\",\"eventType\":\"core.game.room.join\",\"payload\":{\"room_id\":\"" + room + "\"}}";
            socket.sendText(join, true);
        }

        void resumed(WebSocket socket, Map<String, Object> session) {
            begin(session);
            tell("back", "");
            if (!Boolean.TRUE.equals(session.get("recovered"))) tell("fault", "not recovered: " + session.get("reason"));
            replayLeft = (Long) session.get("replayed");
            replayEndOffset = (Long) session.get("offset");
            if (replayLeft == 0) endReplay();
            if (!hasJoined) join(socket);
        }

        void begin(Map<String, Object> session) {
            resumeToken = (String) session.get("resume_token");
            epoch = (String) session.get("epoch");
        }

        void replied(Map<String, Object> reply) {
            if (!Boolean.TRUE.equals(reply.get("success"))) {
                tell("fault", "not joined: " + reply.get("error"));
                return;
            }
            last.put("room/" + room, (Long) asObject(reply.get("data")).get("offset"));
            hasJoined = true;
            tell("joined", "");
        }

        boolean event(Map<String, Object> event) {
            long offset = (Long) event.get("offset");
            String channel = channelOf(event);
            boolean isReplayed = replayLeft > 0;
            long known = last.getOrDefault(channel, Long.MAX_VALUE);
            if (!isReplayed && (Long) event.get("prev") > known) {
                tell("fault", "a gap in " + channel + ": " + event.get("prev") + " after " + known);
                cursor = Math.min(cursor, known);
                return false;
            }
            last.merge(channel, offset, Math::max);
            cursor = Math.max(cursor, offset);
            if (event.get("eventType").equals("core.game.state.broadcast")) {
                Map<String, Object> message = asObject(asObject(event.get("payload")).get("message"));
                String how = isReplayed ? "replayed" : "live";
                say("\"event\",\"n\":" + message.get("n") + ",\"offset\":" + offset + ",\"how\":\"" + how + "\"");
            }
            if (isReplayed && --replayLeft == 0) endReplay();
            return true;
        }

        void endReplay() {
            cursor = Math.max(cursor, replayEndOffset);
            raiseAll(cursor);
        }

        void raiseAll(long offset) {
            for (String channel : List.of("namespace", "user")) last.merge(channel, offset, Math::max);
            if (hasJoined) last.merge("room/" + room, offset, Math::max);
        }

        static String channelOf(Map<String, Object> event) {
            if ("user".equals(event.get("channel"))) return "user";
            return event.get("room") == null ? "namespace" : "room/" + event.get("room");
        }

        synchronized void lost(int code, String reason) {
            replayLeft = 0;
            if (code >= 4500 && code <= 4999) {
                tell("fault", "closed for good: " + code + " " + reason);
                return;
            }
            tell("error", code + " " + reason);
            Object delayMs = reason.startsWith("{") ? asObject(new Json(reason).read()).get("retry_after_ms") : null;
            connectLater(delayMs instanceof Long ms ? ms : AGAIN_MS);
        }

        void tell(String what, String text) {
            say("\"" + what + "\",\"text\":\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"");
        }

        void say(String what) {
            System.out.println("{\"client\":\"" + spec.get("client") + "\",\"is\":" + what + "}");
        }
    }

    static class Connection implements WebSocket.Listener {
        final Player player;
        final StringBuilder text = new StringBuilder();
        boolean isOver;

        Connection(Player player) {
            this.player = player;
        }

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean isLast) {
            text.append(part);
            if (isLast && !isOver) {
                boolean isWhole = player.take(socket, asObject(new Json(text.toString()).read()));
                text.setLength(0);
                if (!isWhole) {
                    end(1006, "gap");
                    socket.abort();
                }
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            end(code, reason);
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            end(1006, "" + error);
        }

        void end(int code, String reason) {
            if (isOver) return;
            isOver = true;
            player.lost(code, reason);
        }
    }

    /** As Java has none of its own: objects are maps, integers are Long, other numbers are Double. */
    static class Json {
        final String text;
        int at;

        Json(String text) {
            this.text = text;
        }

        Object read() {
            char first = peek();
            if (first == '{') return readObject();
            if (first == '[') return readList();
            if (first == '"') return readString();
            int from = at;
            while (at < text.length() && ",]} \n".indexOf(text.charAt(at)) == -1) at++;
            String word = text.substring(from, at);
            return switch (word) {
                case "true" -> true;
                case "false" -> false;
                case "null" -> null;
                default -> word.matches("-?\\d+") ? (Object) Long.parseLong(word) : (Object) Double.parseDouble(word);
            };
        }

        Map<String, Object> readObject() {
            Map<String, Object> object = new HashMap<>();
            at++;
            while (peek() != '}') {
                String key = readString();
                expect(':');
                object.put(key, read());
                if (peek() == ',') expect(',');
            }
            at++;
            return object;
        }

        List<Object> readList() {
            List<Object> list = new ArrayList<>();
            at++;
            while (peek() != ']') {
                list.add(read());
                if (peek() == ',') expect(',');
            }
            at++;
            return list;
        }

        String readString() {
            expect('"');
            StringBuilder string = new StringBuilder();
            for (; text.charAt(at) != '"'; at++) {
                if (text.charAt(at) != '\\') string.append(text.charAt(at));
                else if (text.charAt(++at) != 'u') string.append("\"\\/\b\f\n\r\t".charAt("\"\\/bfnrt".indexOf(text.charAt(at))));
                else {
                    string.append((char) Integer.parseInt(text.substring(at + 1, at + 5), 16));
                    at += 4;
                }
            }
            at++;
            return string.toString();
        }

        char peek() {
            while (Character.isWhitespace(text.charAt(at))) at++;
            return text.charAt(at);
        }

        void expect(char wanted) {
            if (peek() != wanted) throw new IllegalArgumentException("no JSON at " + at + ": " + text);
            at++;
        }
    }
}
