using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cluster.Cli.Scenarios;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Load;
using Cluster.Scenarios;
using Cluster.Scenarios.Sections;
using Cluster.Scenarios.Workloads;
using static System.FormattableString;

namespace Cluster.Cli.Commands;

/// <summary>A load as flags describe it.</summary>
/// <param name="Total">Requests, for the progress bar.</param>
/// <param name="Slo">Objectives for goodput; null: none were given.</param>
internal sealed record LoadAsked(Workload Workload, long Total, LoadOptions Options, SloSpec? Slo);

/// <summary>The flags that describe a load: what is sent, when, and what counts as good.</summary>
internal sealed class LoadArguments
{
    private const int MaxTokens = 1 << 20;

    private readonly Option<string?> _trace = new("--trace") { Description = "Trace to replay: Azure, Mooncake, BurstGPT, ShareGPT or our own.", HelpName = "FILE" };
    private readonly Option<string?> _rate = new("--rate") { Description = "Open loop: arrivals per second, e.g. 4/s; a trace is stretched to it." };
    private readonly Option<int?> _concurrency = new("--concurrency") { Description = "Closed loop: so many clients, each sending when its last request ended." };
    private readonly Option<double> _burstiness = new("--cv") { Description = "Open loop: deviation ÷ mean of the gaps; 1 is Poisson, more is gamma and burstier, 0 is even.", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _requests = new("--requests", "-n") { Description = "Requests to send.", DefaultValueFactory = _ => 200 };
    private readonly Option<string?> _duration = new("--duration") { Description = "Stop sending after this time, e.g. 60s." };
    private readonly Option<int> _isl = new("--isl") { Description = "Input tokens.", DefaultValueFactory = _ => 512 };
    private readonly Option<int> _osl = new("--osl") { Description = "Output tokens.", DefaultValueFactory = _ => 128 };
    private readonly Option<double> _spread = new("--spread") { Description = "Lengths are drawn from (1 − spread … 1) × nominal.", DefaultValueFactory = _ => 0 };
    private readonly Option<int> _prefix = new("--shared-prefix") { Description = "Tokens that all prompts begin with in common." };
    private readonly Option<long> _seed = new("--seed") { Description = "Seed of everything drawn." };
    private readonly Option<string?> _model = new("--model") { Description = "Model to ask for." };
    private readonly Option<bool> _chat = new("--chat") { Description = "Use /v1/chat/completions, with text prompts." };
    private readonly Option<bool> _text = new("--text") { Description = "Send text instead of token ids." };
    private readonly Option<bool> _plain = new("--no-ignore-eos") { Description = "Leave ignore_eos out, for endpoints that refuse it." };
    private readonly Option<string?> _key = new("--api-key") { Description = "Bearer token; by default OPENAI_API_KEY." };
    private readonly Option<string?> _roots = new("--cacert") { Description = "PEM certificates to trust an https endpoint by, instead of those of this system.", HelpName = "FILE" };
    private readonly Option<int> _connections = new("--max-connections") { Description = "Connections at most.", DefaultValueFactory = _ => 20_000 };
    private readonly Option<int> _warmup = new("--warmup") { Description = "Requests at the start that do not count." };
    private readonly Option<double> _scale = new("--time-scale") { Description = "Emulated seconds per wall second of the endpoint.", DefaultValueFactory = _ => 1 };
    private readonly Option<string?> _ttft = new("--slo-ttft") { Description = "Objective for goodput, e.g. 500ms." };
    private readonly Option<string?> _tpot = new("--slo-tpot") { Description = "Objective for goodput, e.g. 50ms." };
    private readonly Option<string?> _e2e = new("--slo-e2e") { Description = "Objective for goodput, e.g. 10s." };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[
            _trace, _rate, _concurrency, _burstiness, _requests, _duration, _isl, _osl, _spread, _prefix, _seed, _model, _chat, _text, _plain, _key,
            _roots, _connections, _warmup, _scale, _ttft, _tpot, _e2e])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The load that is asked for; null where a flag is one of the problems.</summary>
    public LoadAsked? Read(ParseResult parsed, Problems problems)
    {
        var before = problems.Found.Count;
        var section = Section(parsed, problems);
        var options = problems.Of(() => Options(parsed));
        var (scale, connections, warmup) = (problems.Value(parsed, _scale, 1), problems.Value(parsed, _connections, 1), problems.Value(parsed, _warmup, 0));
        if (!(scale > 0) || !double.IsFinite(scale)) problems.Add(Invariant($"--time-scale: {scale} is no pace; write a positive number, e.g. 0.5."));
        if (connections < 1) problems.Add($"--max-connections: {connections} is too few; at least 1.");
        if (warmup < 0) problems.Add($"--warmup: {warmup} is too few; at least 0.");
        var slo = new SloSpec(Duration(parsed, _ttft, problems), Duration(parsed, _tpot, problems), Duration(parsed, _e2e, problems));
        if (problems.Found.Count > before || options is null) return null;
        try
        {
            var stretch = section.Trace is not null && section.Rate is { } asked ? TraceSurvey.Of(section).Stretch(asked.PerSecond) : 1;
            return new LoadAsked(WorkloadSource.Open(section, (ulong)parsed.GetValue(_seed), stretch), section.Requests!.Value, options, slo == new SloSpec() ? null : slo);
        }
        catch (Exception bad) when (bad is ArgumentException or TraceException)
        {
            problems.Add(bad.Message);
            return null;
        }
    }

    private WorkloadSection Section(ParseResult parsed, Problems problems)
    {
        var (isl, osl, requests) = (problems.Value(parsed, _isl, 512), problems.Value(parsed, _osl, 128), problems.Value(parsed, _requests, 200));
        var (spread, cv) = (problems.Value(parsed, _spread, 0), problems.Value(parsed, _burstiness, 1));
        if (isl is < 1 or > MaxTokens) problems.Add($"--isl: {isl} is out of range; 1 to {MaxTokens}.");
        if (osl is < 1 or > MaxTokens) problems.Add($"--osl: {osl} is out of range; 1 to {MaxTokens}.");
        if (requests < 1) problems.Add($"--requests: {requests} is too few; at least 1.");
        if (spread is not (>= 0 and < 1)) problems.Add($"--spread: {spread} is out of range; 0 to below 1.");
        if (cv is not (>= 0 and <= 100)) problems.Add($"--cv: {cv} is out of range; 0 to 100.");
        var prefix = problems.Value(parsed, _prefix, 0);
        if (prefix < 0 || (prefix > 0 && prefix >= isl * (1 - spread))) problems.Add($"--shared-prefix: {prefix} must be shorter than the shortest prompt.");
        var (rate, concurrency) = (Rate(parsed, problems), problems.Value(parsed, _concurrency, 1));
        if (rate is not null && concurrency is not null) problems.Add("--rate and --concurrency: an open loop has a rate, a closed loop a concurrency; give one.");
        if (concurrency < 1) problems.Add($"--concurrency: {concurrency} is too few; at least 1.");
        var trace = Trace(parsed.GetValue(_trace), problems);
        if (parsed.GetValue(_trace) is null && parsed.GetValue(_rate) is null && concurrency is null) problems.Add("Say how fast: --rate 4/s, --concurrency 32, or --trace FILE.");
        var duration = Duration(parsed, _duration, problems);
        return new WorkloadSection
        {
            Trace = trace,
            Synthetic = trace is not null ? null : new SyntheticSection(Length(isl, spread), Length(osl, spread))
            {
                Prefix = prefix == 0 ? null : new PrefixSection(prefix),
            },
            Arrivals = trace is not null ? null : new ArrivalSection(cv switch { 0 => ArrivalProcess.Constant, 1 => ArrivalProcess.Poisson, _ => ArrivalProcess.Gamma }, cv),
            Rate = rate is { } perSecond ? new RateSection(RateShape.Constant, perSecond) : null,
            Concurrency = concurrency,
            Requests = requests,
            DurationNs = duration,
        };
    }

    private LoadOptions Options(ParseResult parsed) => new()
    {
        TimeScale = parsed.GetValue(_scale),
        Model = parsed.GetValue(_model),
        Api = parsed.GetValue(_chat) ? LoadApi.Chat : LoadApi.Completions,
        Prompts = parsed.GetValue(_chat) || parsed.GetValue(_text) ? PromptForm.Text : PromptForm.TokenIds,
        ApiKey = parsed.GetValue(_key) ?? Environment.GetEnvironmentVariable("OPENAI_API_KEY"),
        TrustedRoots = Roots(parsed.GetValue(_roots)),
        IgnoreEos = !parsed.GetValue(_plain),
        MaxConnections = parsed.GetValue(_connections),
        WarmupRequests = parsed.GetValue(_warmup),
    };

    /// <exception cref="UsageException">No certificates are there.</exception>
    private static X509Certificate2Collection? Roots(string? path)
    {
        if (path is null) return null;
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPemFile(path);
        }
        catch (Exception bad) when (bad is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new UsageException($"--cacert: '{path}' cannot be read: {bad.Message}");
        }

        return roots.Count > 0 ? roots : throw new UsageException($"--cacert: '{path}' holds no PEM certificate.");
    }

    private static LengthSection Length(int nominal, double spread) => spread == 0
        ? new LengthSection(LengthShape.Constant, nominal, 0, nominal, nominal)
        : new LengthSection(LengthShape.Uniform, nominal, 0, Math.Max(1, (int)Math.Ceiling(nominal * (1 - spread))), nominal);

    private double? Rate(ParseResult parsed, Problems problems)
    {
        if (parsed.GetValue(_rate) is not { } text) return null;
        if (UnitText.TryPerSecond(text, out var rate) && rate > 0) return rate;
        if (UnitText.TryNumber(text, out rate) && rate > 0) return rate;
        problems.Add($"--rate: '{text}' is not a positive rate; write e.g. 4/s.");
        return null;
    }

    private static TraceSection? Trace(string? path, Problems problems)
    {
        if (path is null) return null;
        if (!File.Exists(path)) problems.Add($"--trace: no file at '{path}'.");
        else if (TraceFile.Recognise(path) is { } format) return new TraceSection(Path.GetFullPath(path), format);
        else problems.Add($"--trace: '{path}' is in none of the formats {string.Join(", ", Enum.GetNames<TraceFormat>())}.");
        return null;
    }

    private static long? Duration(ParseResult parsed, Option<string?> option, Problems problems)
    {
        if (parsed.GetValue(option) is not { } text) return null;
        if (UnitText.TryDurationNs(text, out var ns) && ns > 0) return ns;
        problems.Add($"{option.Name}: '{text}' is not a duration; write e.g. 500ms or 60s.");
        return null;
    }
}
