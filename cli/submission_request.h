#pragma once

namespace CLI {
class App;
}

namespace joulebench {

/// `submission withdraw` and `submission select`: a team's signed requests.
void add_requests(CLI::App& submission);

}  // namespace joulebench
