// SPDX-License-Identifier: Apache-2.0

import Expressions
import Testing

/// What a search costs, in steps.
@Suite struct SearchTests {
    @Test(arguments: ["^(a+)+$", "(a|a)*b", "(a*)*b", "((a{1,9}){1,9}b)", "(.*)*.*x.*y", "a.*a.*a.*a.*b", "(a|b|ab)*c"])
    func aByteCostsNoMoreThanTheExpressionIsLong(text: String) throws {
        let expression = try ByteExpression(Array(text.utf8), dialect: .perl)
        for count in [1, 100, 10_000] {
            var search = ByteExpression.Search(expression)
            let key = Array(repeating: UInt8(ascii: "a"), count: count) + [UInt8(ascii: "!")]
            let isFound = search.isFound(adding: key[...])
            #expect(!isFound)
            #expect(search.steps <= (key.count + 1) * expression.size)
        }
    }

    @Test func theLongestExpressionIsBounded() throws {
        let expression = try ByteExpression(Array("a{499}.{499}b".utf8), dialect: .perl)
        #expect(expression.size <= ByteExpression.maximumInstructions)
        var search = ByteExpression.Search(expression)
        let key = Array(repeating: UInt8(ascii: "a"), count: 5_000)
        let isFound = search.isFound(adding: key[...])
        #expect(!isFound)
        #expect(search.steps <= (key.count + 1) * expression.size)
    }

    @Test func whatIsBoundToTheStartEndsEarly() throws {
        var search = ByteExpression.Search(try ByteExpression(Array("^b|^c".utf8), dialect: .perl))
        let isFound = search.isFound(adding: Array(repeating: UInt8(ascii: "a"), count: 10_000)[...])
        #expect(!isFound)
        #expect(search.steps < 20)
    }

    @Test func oneSearchServesManyExpressions() throws {
        var search = ByteExpression.Search(try ByteExpression(Array("a".utf8), dialect: .perl))
        for (text, key, isThere) in [
            ("^b$", "b", true), ("x{50}", "x", false), ("^a", "ba", false), ("a\n", "a\n", true),
        ] {
            search.begin(try ByteExpression(Array(text.utf8), dialect: .perl))
            let isFound = search.isFound(adding: Array(key.utf8)[...])
            #expect(isFound == isThere)
        }
    }
}
