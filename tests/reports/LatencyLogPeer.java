// HdrHistogram's own reader of histogram logs: prints one line an interval, "start end count max", times in milliseconds
// since 1970 and the maximum in the log's own unit (us).

import java.io.File;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;

public final class LatencyLogPeer {
  public static void main(String[] arguments) throws Exception {
    HistogramLogReader reader = new HistogramLogReader(new File(arguments[0]));
    for (EncodableHistogram next = reader.nextIntervalHistogram(); next != null; next = reader.nextIntervalHistogram()) {
      Histogram histogram = (Histogram) next;
      System.out.println(histogram.getStartTimeStamp() + " " + histogram.getEndTimeStamp() + " "
          + histogram.getTotalCount() + " " + histogram.getMaxValue());
    }
  }
}
