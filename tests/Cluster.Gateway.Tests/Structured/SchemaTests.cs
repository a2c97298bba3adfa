using System.Text.Json;
using System.Text.RegularExpressions;
using Cluster.Gateway.Structured;
using NJsonSchema;

namespace Cluster.Gateway.Tests.Structured;

/// <summary>What is written by a schema, judged by a library that nobody here wrote.</summary>
public sealed class SchemaTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_the_schema_the_answer_satisfies_it(ulong part)
    {
        for (var seed = part * 60; seed < part * 60 + 60; seed++)
        {
            var schema = new RandomSchemas(seed).Next().ToJsonString();
            var judge = await JsonSchema.FromJsonAsync(schema);
            for (var draw = 0UL; draw < 5; draw++)
            {
                var answer = Write(schema, seed * 100 + draw);
                judge.Validate(answer).ShouldBeEmpty($"seed {seed}, schema {schema}, answer {answer}");
            }
        }
    }

    [Theory]
    [InlineData("""{"const":{"a":[1,"é"]}}""", """{"a":[1,"é"]}""")]
    [InlineData("""{"type":"integer","minimum":2.5,"exclusiveMaximum":4}""", "3")]
    [InlineData("""{"type":"integer","minimum":-1e300,"maximum":-9e14,"exclusiveMinimum":-900000000000001}""", "-900000000000000")]
    [InlineData("""{"type":"string","minLength":5,"maxLength":5,"pattern":"^ab*$"}""", "\"abbbb\"")]
    [InlineData("""{"allOf":[{"type":["number","string"]},{"type":"integer","minimum":4},{"maximum":4}]}""", "4")]
    [InlineData("""{"type":"array","prefixItems":[{"const":1},{"const":"b"}],"minItems":2,"items":false}""", """[1, "b"]""")]
    [InlineData("""{"$ref":"#/$defs/a~1b","$defs":{"a/b":{"enum":[null]}}}""", "null")]
    [InlineData("""{"type":"object","properties":{"a":{"const":1},"b":{"const":2}},"anyOf":[{"required":["b","a"]}],"additionalProperties":false}""", """{"a": 1, "b": 2}""")]
    [InlineData("""{"allOf":[{"type":"object","properties":{"a":{"type":"integer"},"b":{}},"required":["a"]},{"additionalProperties":{"minimum":3,"maximum":3}}]}""", """{"a": 3}""")]
    [InlineData("""{"type":"object","propertyNames":{"enum":["é","b"]},"additionalProperties":{"const":1},"minProperties":1,"maxProperties":1,"required":["b"]}""", """{"b": 1}""")]
    [InlineData("""{"type":"object","propertyNames":{"type":"string","pattern":"^x{3}$"},"additionalProperties":{"const":1},"minProperties":1}""", """{"xxx": 1}""")]
    [InlineData("""{"allOf":[{"type":"object","properties":{"a":{"const":1},"b":{}},"required":["a"]},{"properties":{"a":{}},"additionalProperties":false}]}""", """{"a": 1}""")]
    public void A_schema_with_one_value_gives_that_value(string schema, string value) => Write(schema, 3).ShouldBe(value);

    [Theory]
    [InlineData("""{"type":"strnig"}""", "strnig")]
    [InlineData("""{"type":"integer","minimum":5,"maximum":4}""", "no number lies between 5 and 4")]
    [InlineData("""{"type":"string","minLength":5,"maxLength":4}""", "minLength 5 is greater than maxLength 4")]
    [InlineData("""{"$ref":"#/$defs/none"}""", "leads nowhere")]
    [InlineData("""{"$ref":"https://example.com/s.json"}""", "within the schema")]
    [InlineData("""{"type":"object","properties":{"self":{"$ref":"#"}},"required":["self"]}""", "without end")]
    [InlineData("""{"allOf":[{"$ref":"#"}],"title":"t","minimum":1}""", "without end")]
    [InlineData("""{"not":{"type":"string"}}""", "`not`")]
    [InlineData("""{"enum":[]}""", "at least one value")]
    [InlineData("""{"type":"string","pattern":"(?=a)b"}""", "lookaround")]
    [InlineData("""{"type":"string","pattern":"(((((){9999}){9999}){9999}){9999})"}""", "reasonable time")]
    [InlineData("""{"type":"array","minItems":1000000,"items":{"type":"null"}}""", "characters")]
    [InlineData("""{"type":"array","items":{"type":"boolean"},"uniqueItems":true,"minItems":3}""", "uniqueItems")]
    [InlineData("""{"type":"object","required":["a"],"additionalProperties":false}""", "`a` is required")]
    [InlineData("false", "false")]
    [InlineData("[]", "should be an object")]
    public void A_schema_that_cannot_be_kept_is_refused_with_the_reason(string schema, string reason) =>
        Should.Throw<SchemaException>(() => Write(schema, 1)).Message.ShouldContain(reason);

    [Fact]
    public void A_schema_that_refers_to_itself_comes_to_an_end()
    {
        const string Schema = """{"type":"object","properties":{"value":{"type":"integer"},"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["value","next"]}""";
        var depths = Enumerable.Range(0, 40).Select(seed => Regex.Count(Write(Schema, (ulong)seed), "value")).ToList();
        depths.ShouldContain(d => d > 2);
        depths.Max().ShouldBeLessThan(10);
    }

    [Theory]
    [InlineData(@"^(\(\d{3}\) )?\d{3}-\d{4}$")]
    [InlineData(@"[^\d\s]{3,}|x?y+?z*")]
    [InlineData(@"^[\w.-]+@(?:[a-z]+\.)+(?<tld>com|org)$")]
    [InlineData(@"\x41\u00e9[\]\-a{]{2}{")]
    public void A_sample_of_a_pattern_matches_it(string pattern)
    {
        var sampler = PatternSampler.Parse(pattern);
        for (var seed = 0UL; seed < 200; seed++)
        {
            var sample = sampler.Sample(new Composer(seed));
            Regex.IsMatch(sample, $"^(?:{pattern})$").ShouldBeTrue(sample);
        }
    }

    [Fact]
    public void Equal_seeds_give_equal_answers_and_others_differ()
    {
        const string Schema = """{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},"required":["name","age"]}""";
        Write(Schema, 5).ShouldBe(Write(Schema, 5));
        Enumerable.Range(0, 20).Select(s => Write(Schema, (ulong)s)).Distinct().Count().ShouldBeGreaterThan(15);
    }

    private static string Write(string schema, ulong seed)
    {
        using var document = JsonDocument.Parse(schema);
        return new AnswerForm.Json(SchemaReader.Read(document.RootElement)).Compose(seed).Text;
    }
}
