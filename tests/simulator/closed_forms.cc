#include "closed_forms.h"

#include <cmath>

namespace blackstart::closed_form {

double erlang_b(int servers, double offered) {
  double blocked = 1;
  for (int c = 1; c <= servers; ++c) blocked = offered * blocked / (c + offered * blocked);
  return blocked;
}

double erlang_c(int servers, double rho) {
  const double blocked = erlang_b(servers, servers * rho);
  return blocked / (1 - rho * (1 - blocked));
}

double mmc_wait_beyond(int servers, double rho, double t) {
  return erlang_c(servers, rho) * std::exp(-servers * (1 - rho) * t);
}

double mmc_wait_mean(int servers, double rho) { return erlang_c(servers, rho) / (servers * (1 - rho)); }

double mm1_sojourn_beyond(double rho, double t) { return std::exp(-(1 - rho) * t); }

double mm1k_dropped(int places, double rho) {
  return (1 - rho) * std::pow(rho, places) / (1 - std::pow(rho, places + 1));
}

double mm1k_sojourn_mean(int places, double rho) {
  double weight = 0;
  double sum = 0;
  for (int inside = 0; inside < places; ++inside) {
    weight += std::pow(rho, inside);
    sum += std::pow(rho, inside) * (inside + 1);
  }
  return sum / weight;
}

double mm1k_sojourn_beyond(int places, double rho, double t) {
  double weight = 0;
  double sum = 0;
  double poisson = std::exp(-t);  // of `inside` services ended by t
  double beyond = 0;              // of a sum of inside + 1 services
  for (int inside = 0; inside < places; ++inside) {
    beyond += poisson;
    poisson *= t / (inside + 1);
    weight += std::pow(rho, inside);
    sum += std::pow(rho, inside) * beyond;
  }
  return sum / weight;
}

double md1_wait_beyond(double rho, double t) {
  long double sum = 0;
  long double factorial = 1;
  for (int k = 0; k <= static_cast<int>(t); ++k) {
    if (k > 0) factorial *= k;
    const long double x = static_cast<long double>(rho) * (k - static_cast<long double>(t));
    sum += std::pow(x, k) / factorial * std::exp(-x);
  }
  return static_cast<double>(1 - (1 - rho) * sum);
}

double mg1_wait_mean(double rho, double squared_variation) { return rho * (1 + squared_variation) / (2 * (1 - rho)); }

double mh1_wait_beyond(double rho, const Hyperexponential& service, double t) {
  const double fast = 1 / service.first;
  const double slow = 1 / service.second;
  // The transform's poles: s^2 + b s + c = 0 at s = -near and s = -far.
  const double b = fast + slow - rho;
  const double c = fast * slow * (1 - rho);
  const double root = std::sqrt(b * b - 4 * c);
  const double near = (b - root) / 2;
  const double far = (b + root) / 2;
  const auto part = [&](double pole, double other) {
    return (fast * slow - c - rho * pole) / (other - pole) / pole * std::exp(-pole * t);
  };
  return (1 - rho) * (part(near, far) + part(far, near));
}

double mg1_breakdowns_wait_mean(double rho, double squared_variation, const Breakdowns& breakdowns) {
  const double stretch = 1 + breakdowns.rate * breakdowns.repair_mean;
  const double repair_square =
      breakdowns.repair_mean * breakdowns.repair_mean * (1 + breakdowns.repair_squared_variation);
  const double completion_square = (1 + squared_variation) * stretch * stretch + breakdowns.rate * repair_square;
  return rho * completion_square / (2 * (1 - rho * stretch)) + breakdowns.rate * repair_square / (2 * stretch);
}

double mg1_breakdowns_sojourn_mean(double rho, double squared_variation, const Breakdowns& breakdowns) {
  return mg1_breakdowns_wait_mean(rho, squared_variation, breakdowns) + 1 + breakdowns.rate * breakdowns.repair_mean;
}

double mginf_more_than(double offered, int count) {
  double poisson = std::exp(-offered);
  double within = 0;
  for (int n = 0; n <= count; ++n) {
    within += poisson;
    poisson *= offered / (n + 1);
  }
  return 1 - within;
}

double tandem_sojourn_beyond(double rho, double faster, double t) {
  const double first = 1 - rho;
  const double second = faster - rho;
  return (second * std::exp(-first * t) - first * std::exp(-second * t)) / (second - first);
}

}  // namespace blackstart::closed_form
