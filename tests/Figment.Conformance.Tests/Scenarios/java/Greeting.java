import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** An HTTP server on the JVM's dual-stack socket that tells its caller's address. */
public final class Greeting {
    public static void main(String[] arguments) throws Exception {
        try (ServerSocket listener = new ServerSocket(8080)) {
            while (true) {
                try (Socket client = listener.accept()) {
                    BufferedReader reader = new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
                    for (String line = reader.readLine(); line != null && !line.isEmpty(); line = reader.readLine()) {
                    }
                    String body = "Java greets " + client.getInetAddress().getHostAddress() + " from " + InetAddress.getLocalHost().getHostName() + "\n";
                    String answer = "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\nConnection: close\r\n\r\n" + body;
                    client.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
                }
            }
        }
    }
}
