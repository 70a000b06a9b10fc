#pragma once
// What queueing theory says of the textbook stations, in units of one server's mean service time. `rho` is the
// utilisation of a server, arrivals are Poisson.

namespace blackstart::closed_form {

/// Probability that an arrival to M/G/c/c finds all servers busy (Erlang B), `offered` = arrival rate x mean service.
double erlang_b(int servers, double offered);
/// Probability that an arrival to M/M/c has to wait (Erlang C), rho < 1.
double erlang_c(int servers, double rho);

/// M/M/c, rho < 1: waiting time beyond `t`, and its mean. M/M/1 is the case of one server.
double mmc_wait_beyond(int servers, double rho, double t);
double mmc_wait_mean(int servers, double rho);
/// M/M/1: time in the station beyond `t`.
double mm1_sojourn_beyond(double rho, double t);

/// M/M/1/K (K places, that of the server among them): who is dropped, and who gets in, his time in the station.
double mm1k_dropped(int places, double rho);
double mm1k_sojourn_mean(int places, double rho);
double mm1k_sojourn_beyond(int places, double rho, double t);

/// M/D/1: waiting time beyond `t` (Erlang's series; t up to some tens).
double md1_wait_beyond(double rho, double t);
/// M/G/1 (Pollaczek and Khinchine): mean waiting time, by the service's squared coefficient of variation.
double mg1_wait_mean(double rho, double squared_variation);

/// A hyperexponential service of mean 1: exponential of mean `first` with probability `p`, else of mean `second`.
struct Hyperexponential {
  double p;
  double first;
  double second;
};
/// M/H2/1: waiting time beyond `t`.
double mh1_wait_beyond(double rho, const Hyperexponential& service, double t);

/// M/G/1 whose server breaks down at rate `breakdowns` while it is whole, busy or idle, and is then repaired;
/// interrupted service goes on where it was.
struct Breakdowns {
  double rate;
  double repair_mean;
  double repair_squared_variation;
};
double mg1_breakdowns_wait_mean(double rho, double squared_variation, const Breakdowns& breakdowns);
double mg1_breakdowns_sojourn_mean(double rho, double squared_variation, const Breakdowns& breakdowns);

/// M/G/infinity: more than `count` in service, `offered` = arrival rate x mean service (Poisson).
double mginf_more_than(double offered, int count);

/// Two M/M/1 stations in a row, the second `faster` times as fast: both sojourns together beyond `t` (Burke: they are
/// independent). faster != 1.
double tandem_sojourn_beyond(double rho, double faster, double t);

}  // namespace blackstart::closed_form
