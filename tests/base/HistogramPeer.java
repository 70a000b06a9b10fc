// The other implementation that proves our histogram encoding: reads cases from standard input, one a line, and answers
// each with one line. "read BASE64" -> what HdrHistogram finds in our encoding, and its own encoding of the same.
// "write VALUE*COUNT ..." -> the encoding and figures of a histogram that HdrHistogram recorded itself (values in us).

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import org.HdrHistogram.Histogram;

public final class HistogramPeer {
  private static final long HIGHEST = 3_600_000_000L;
  private static final double[] PERCENTILES = {0, 1, 10, 50, 90, 95, 99, 99.9, 99.99, 100};

  public static void main(String[] arguments) throws Exception {
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String[] words = line.trim().split(" ");
      System.out.println(describe(words[0].equals("read") ? read(words[1]) : record(words)));
    }
  }

  private static Histogram read(String base64) throws Exception {
    return Histogram.decodeFromCompressedByteBuffer(ByteBuffer.wrap(Base64.getDecoder().decode(base64)), 0);
  }

  private static Histogram record(String[] words) {
    Histogram histogram = new Histogram(1, HIGHEST, 3);
    for (int i = 1; i < words.length; ++i) {
      String[] parts = words[i].split("\\*");
      histogram.recordValueWithCount(Long.parseLong(parts[0]), Long.parseLong(parts[1]));
    }
    return histogram;
  }

  // count min max mean p... base64
  private static String describe(Histogram histogram) {
    StringBuilder text = new StringBuilder();
    text.append(histogram.getTotalCount()).append(' ').append(histogram.getMinValue()).append(' ');
    text.append(histogram.getMaxValue()).append(' ').append(histogram.getMean());
    for (double percentile : PERCENTILES) {
      text.append(' ').append(histogram.getValueAtPercentile(percentile));
    }
    ByteBuffer buffer = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity() + 64);
    int size = histogram.encodeIntoCompressedByteBuffer(buffer);
    return text.append(' ').append(Base64.getEncoder().encodeToString(Arrays.copyOf(buffer.array(), size))).toString();
  }
}
