//! Collected robots.txt files: every question must be answered as it says.

use fetch::robots::Robots;
use serde_json::Value;

#[test]
fn the_collected_files_are_read_right() {
    #[expect(clippy::disallowed_methods, reason = "names a folder that only some machines have")]
    let Ok(folder) = std::env::var("STACKWATCH_REALDATA") else {
        println!("STACKWATCH_REALDATA is not set: the collected robots.txt files were not read");
        return;
    };
    let folder = std::path::Path::new(&folder).join("robots");
    for (name, floor) in [("spec-cases.jsonl", 0.98), ("real-cases.jsonl", 0.995)] {
        let (mut asked, mut wrong) = (0, Vec::new());
        for line in std::fs::read_to_string(folder.join(name)).unwrap().lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            // A few are given in base64; the command reads those.
            let Some(text) = case["robots"].as_str() else { continue };
            let robots = Robots::parse(text.as_bytes());
            for check in case["checks"].as_array().unwrap() {
                let (agent, url) = (check["user_agent"].as_str(), check["url"].as_str());
                let allowed = robots.rules(agent.unwrap()).allows(url.unwrap());
                asked += 1;
                if Some(allowed) != check["allowed"].as_bool() {
                    wrong.push(format!("{}: {check}", case["group"]));
                }
            }
        }
        let right = 1.0 - wrong.len() as f64 / f64::from(asked);
        println!("{name}: {} of {asked} wrong", wrong.len());
        assert!(asked > 90 && right >= floor, "{name}: {right}\n{}", wrong.join("\n"));
    }
}
